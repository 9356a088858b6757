package import NIOCore

/// An injected event whose ack is waited for.
package struct PendingInjection: Hashable, Sendable {
    /// The receiver of the event, who sends the ack.
    package let to: Side
    package let namespace: String
    package let ackID: String
    package let sentAt: NIODeadline
}
