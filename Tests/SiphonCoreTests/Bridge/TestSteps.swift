import LosslessJSON
import SiphonCore
import SocketIOCore

/// Drops events of one name, or packets of one kind from one side.
struct Dropping: EventMiddleware {
    let name: String?
    let kind: PacketEnvelope.Kind
    let side: Side?
    let answer: String?

    init(name: String, answer: String?) {
        (self.name, kind, side, self.answer) = (name, .event, nil, answer)
    }

    init(kind: PacketEnvelope.Kind, from side: Side, answer: String? = nil) {
        (name, self.kind, self.side, self.answer) = (nil, kind, side, answer)
    }

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        if let side, context.from != side { return false }
        guard packet.kind == kind else { return false }
        return packet.eventName == name
    }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        guard wants(packet, context: context) else { return next(packet, context) }
        let ack = answer.map {
            SocketPacket(kind: .ack, namespace: packet.namespace, ackID: packet.ackID, payload: $0.utf8)
        }
        return EventDecision(packet: nil, answer: ack)
    }
}

/// Gives packets of one kind another payload.
struct Replacing: EventMiddleware {
    let kind: PacketEnvelope.Kind
    let payload: String

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.kind == kind }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        next(SocketPacket(kind: kind, namespace: packet.namespace, payload: payload.utf8), context)
    }
}

/// Replaces events of one name by empty ones of another.
struct Renaming: EventMiddleware {
    let from: String
    let to: String

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.eventName == from }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        next(SocketPacket(kind: .event, namespace: packet.namespace, json: [JSONValue(to)]), context)
    }
}
