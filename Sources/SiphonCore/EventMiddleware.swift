package import EngineIOCore
package import SocketIOCore

/// What a middleware knows of an event besides the packet.
package struct EventContext: Sendable {
    package let connection: ConnectionID
    package let from: Side
    /// The transport of the hop the event came in by.
    package let transport: EngineTransport
    /// 3 or 4.
    package let engineVersion: UInt8

    package init(connection: ConnectionID, from: Side, transport: EngineTransport, engineVersion: UInt8 = 4) {
        self.connection = connection
        self.from = from
        self.transport = transport
        self.engineVersion = engineVersion
    }
}

/// What the chain decided about one packet. Values only, so that a test can compare them.
package struct EventDecision: Hashable, Sendable {
    /// What to send on, to the other side of where it came from; nil drops the event.
    package var packet: SocketPacket?
    /// The rules that did something, in order.
    package var rules: [RuleID]
    /// Arguments of an ack to answer the sender with, as one JSON list; nil for none.
    package var answer: [UInt8]?

    package init(packet: SocketPacket?, rules: [RuleID] = [], answer: [UInt8]? = nil) {
        self.packet = packet
        self.rules = rules
        self.answer = answer
    }
}

/// One step of the chain an event goes through. Runs on the connection's event loop: it must not block.
package protocol EventMiddleware: Sendable {
    typealias Next = (SocketPacket, EventContext) -> EventDecision

    /// Whether this step could do anything with the packet, judged by its envelope alone and without allocating. It
    /// is asked for every packet: where no step wants it, the packet leaves as the bytes it came in as.
    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool

    /// Returns what to do with `packet`. Call `next` at most once; a step that does not call it decides alone.
    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision
}

/// The steps, outermost first. A value: an event sees the old chain or the new one.
package struct MiddlewareChain: Sendable {
    private let steps: [any EventMiddleware]

    package init(_ steps: [any EventMiddleware] = []) { self.steps = steps }

    package func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        for step in steps where step.wants(packet, context: context) { return true }
        return false
    }

    /// Past the last step the packet is sent on.
    package func handle(_ packet: SocketPacket, context: EventContext) -> EventDecision {
        handle(packet, context: context, from: steps[...])
    }

    private func handle(
        _ packet: SocketPacket, context: EventContext, from rest: ArraySlice<any EventMiddleware>
    ) -> EventDecision {
        guard let step = rest.first else { return EventDecision(packet: packet) }
        return step.handle(packet, context: context) { handle($0, context: $1, from: rest.dropFirst()) }
    }
}
