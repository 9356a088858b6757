import NIOCore
import SocketIOCore

/// A packet that the chain has decided about and that has yet to leave, with what its record will say.
struct Departure {
    var packet: SocketPacket
    let context: EventContext
    /// What became of it so far; what it leaves or is dropped with comes behind.
    var verdicts: Verdicts = []
    var rules: [RuleID] = []
    var original: SocketPacket?
    var isInjected = false
    /// When it may leave at the earliest.
    var due = NIODeadline.uptimeNanoseconds(0)
    var shaping: EventShaping?

    init(packet: SocketPacket, context: EventContext) {
        self.packet = packet
        self.context = context
    }

    /// What it counts for against `Limits.queuedBytes`.
    var cost: Int { packet.sizeBytes + (original?.sizeBytes ?? 0) + Limits.waitingEventBytes }

    /// To be kept for a while: what it counts for is what it takes then.
    func detached() -> Departure {
        var detached = self
        detached.packet = packet.detached()
        detached.original = original?.detached()
        detached.shaping?.emissions = []
        return detached
    }

    func record(adding last: Verdict) -> EventRecord {
        var verdicts = verdicts
        verdicts.append(last)
        return EventRecord(
            connection: context.connection, time: context.moment.wall, from: context.from,
            kind: EventKind(packet.kind), transport: context.transport, engineVersion: context.engineVersion,
            verdicts: verdicts, injected: isInjected, rules: rules, marks: shaping?.marks ?? [],
            content: .packet(packet), original: original)
    }
}
