import NIOConcurrencyHelpers

/// Names one call of `connect`, and keeps its client alive for as long as there is a connection, or one may come.
final class ConnectTicket: Sendable {
    private let client: Client
    private let state = NIOLockedValueBox(false)

    init(_ client: Client) { self.client = client }

    /// Whether the caller has given up.
    var isCancelled: Bool { state.withLockedValue { $0 } }

    func cancel() { state.withLockedValue { $0 = true } }
}
