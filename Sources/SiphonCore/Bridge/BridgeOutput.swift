package import EngineIOCore
package import NIOCore
package import SocketIOCore

/// Carries out what a bridge decides. Called while the bridge is at work, in order.
package protocol BridgeOutput: AnyObject {
    /// Messages of one packet come one after another; nothing may get between them.
    func bridge(sends message: borrowing EngineMessage, to side: Side, at moment: Moment)

    /// An injected event was acknowledged.
    func bridge(acknowledges injection: PendingInjection, by packet: SocketPacket, after latency: TimeAmount)

    /// An injected event will not be acknowledged: its namespace was left, or refused.
    func bridge(abandons injection: PendingInjection)

    /// More of that side's events is kept back by rules than `Limits.queuedBytes`: the connection has to end.
    func bridge(overflows side: Side, at moment: Moment)

    /// A rule ends the connection, or a namespace of it.
    func bridge(disconnects method: DisconnectMethod, because rule: RuleID, at moment: Moment)

    /// A packet of that side could not be decoded and `--strict` was asked for: the connection has to end.
    func bridge(refuses side: Side, error: SocketIOError, at moment: Moment)
}
