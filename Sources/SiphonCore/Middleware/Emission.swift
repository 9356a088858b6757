package import NIOCore
package import SocketIOCore

/// An event that a rule sends on its own, as if the other side had sent it. It goes through the chain itself.
package struct Emission: Hashable, Sendable {
    package let rule: RuleID
    package let to: Side
    /// An event that wants no ack.
    package let packet: SocketPacket
    /// How long after the event that caused it.
    package let after: TimeAmount

    package init(rule: RuleID, to: Side, packet: SocketPacket, after: TimeAmount) {
        self.rule = rule
        self.to = to
        self.packet = packet
        self.after = after
    }

    /// The same in memory of its own, to be kept for a while.
    func detached() -> Emission { Emission(rule: rule, to: to, packet: packet.detached(), after: after) }
}
