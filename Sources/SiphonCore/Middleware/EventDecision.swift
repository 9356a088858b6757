package import SocketIOCore

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
