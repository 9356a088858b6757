package import SocketIOCore

/// What the chain decided about one packet. Values only, so that a test can compare them.
package struct EventDecision: Hashable, Sendable {
    /// What to send on, to the other side of where it came from; nil drops the event.
    package var packet: SocketPacket?
    /// The rules that did something, in order.
    package var rules: [RuleID]
    /// The ack for the sender of a dropped event that wants one; nil for none.
    package var answer: SocketPacket?
    /// What else is to be done; nil for nothing.
    package var shaping: EventShaping?

    package init(
        packet: SocketPacket?, rules: [RuleID] = [], answer: SocketPacket? = nil, shaping: EventShaping? = nil
    ) {
        self.packet = packet
        self.rules = rules
        self.answer = answer
        self.shaping = shaping
    }
}
