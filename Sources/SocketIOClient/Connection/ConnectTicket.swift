/// Names one call of `connect`, and keeps its client alive for as long as there is a connection, or one may come.
final class ConnectTicket: Sendable {
    private let client: Client

    init(_ client: Client) { self.client = client }
}
