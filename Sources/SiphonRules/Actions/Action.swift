import NIOCore
import SiphonCore

/// What a rule does to an event.
enum Action: Hashable, Sendable {
    /// The event goes nowhere. With `answer`, the arguments of an ack, a sender that wants an ack gets that one.
    case drop(answer: [RuleValue]?)
    /// As a drop with an answer, but of events alone.
    case reply([RuleValue])
    /// Values are put into the event, in order.
    case set([Assignment])
    case remove([EventPlace])
    /// Gives an event another name.
    case rename(RuleValue)
    /// Replaces all arguments.
    case replace([RuleValue])
    /// The event leaves later, by `time` give or take up to `jitter`.
    case delay(time: TimeAmount, jitter: TimeAmount)
    /// At most so many events of the rule leave within `per`; others wait for their turn.
    case throttle(events: Int, per: TimeAmount)
    /// The event is sent so many times in all.
    case duplicate(Int)
    /// So many events of the rule wait for one another and leave in another order.
    case reorder(window: Int, seed: UInt64?)
    case emit(EmitAction)
    case disconnect(Disconnect)
    case mark([String])

    /// One `place: value` of `set`.
    struct Assignment: Hashable, Sendable {
        let place: EventPlace
        let value: RuleValue
    }

    enum Disconnect: String, Hashable, Sendable, CaseIterable {
        case transport
        /// The event's own.
        case namespace
        case server
    }

    /// An event that is sent besides.
    struct EmitAction: Hashable, Sendable {
        let to: Side
        /// Nil for that of the event.
        let namespace: String?
        let name: RuleValue
        let arguments: [RuleValue]
        let after: TimeAmount
    }
}
