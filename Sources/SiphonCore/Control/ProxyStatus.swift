package struct ProxyStatus: Sendable {
    package var upstreamURL: String
    /// Whether the last attempt to reach the upstream succeeded; nil before the first.
    package var upstreamReachable: Bool?
    /// Connections that are open.
    package var connections: Int
    package var httpRequests: Int

    package init(upstreamURL: String, upstreamReachable: Bool?, connections: Int, httpRequests: Int) {
        self.upstreamURL = upstreamURL
        self.upstreamReachable = upstreamReachable
        self.connections = connections
        self.httpRequests = httpRequests
    }
}
