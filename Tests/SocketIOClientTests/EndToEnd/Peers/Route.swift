import SocketIOClient
import Testing

/// A way to the shared server.
struct Route: Sendable, CustomTestStringConvertible {
    enum Travel: String, CaseIterable, Sendable {
        case polling
        case websocket
        case upgrade
    }

    enum Via: String, CaseIterable, Sendable {
        case direct
        case siphon
    }

    let travel: Travel
    let isSecure: Bool
    let via: Via

    static let all = [false, true].flatMap { isSecure in
        Via.allCases.flatMap { via in Travel.allCases.map { Route(travel: $0, isSecure: isSecure, via: via) } }
    }

    var testDescription: String { "\(travel) over \(isSecure ? "https" : "http"), \(via)" }

    var transports: [Transport] {
        switch travel {
        case .polling: [.polling]
        case .websocket: [.websocket]
        case .upgrade: [.polling, .websocket]
        }
    }

    /// What the connection travels by once it is settled.
    var settled: Transport { travel == .polling ? .polling : .websocket }

    /// What a client trusts that goes this way.
    var trustRoots: TrustRoots {
        get async throws { isSecure ? .file(try await Certificates.shared.authority) : .system }
    }

    var url: String {
        get async throws {
            switch (via, isSecure) {
            case (.direct, false): try await PythonServer.shared.url
            case (.direct, true): try await PythonServer.sharedSecure.url
            case (.siphon, false): try await SiphonProcess.shared.url
            case (.siphon, true): try await url(port: Self.secureSiphon.value.port)
            }
        }
    }

    private static let secureSiphon = Task { try await endTLS(before: SiphonProcess.shared) }

    /// Siphon itself speaks plain HTTP to its clients: TLS ends before it.
    private static func endTLS(before siphon: SiphonProcess) async throws -> Relay {
        let certificates = try await Certificates.shared
        return try await Relay.start(to: siphon.port, tls: (certificates.chain, certificates.key))
    }

    private func url(port: Int) -> String { "\(isSecure ? "https" : "http")://127.0.0.1:\(port)" }

    /// This way through a relay of its own, which can cut it right before the client.
    func throughRelay() async throws -> (url: String, relay: Relay) {
        let port = try await url.split(separator: ":").last.flatMap { Int($0) } ?? 0
        let relay = try await Relay.start(to: port)
        return (url(port: relay.port), relay)
    }

    /// A server for this way that a test may end.
    func startServer() async throws -> PythonServer {
        try await PythonServer.start(isSecure: isSecure && via == .direct)
    }

    /// This way to such a server.
    func url(toServerAt port: Int) async throws -> String {
        guard via == .siphon else { return url(port: port) }
        let siphon = try await SiphonProcess.start(before: "http://127.0.0.1:\(port)")
        return isSecure ? url(port: try await Self.endTLS(before: siphon).port) : siphon.url
    }

    /// A client that is connected this way.
    ///
    /// - Parameter other: an address for this way that is not the shared server's.
    func connected(
        _ client: Client? = nil, to other: String? = nil, namespaces: [String]? = nil, auth: SocketIOValue? = nil
    ) async throws -> Client {
        let client = if let client { client } else { Client(trustRoots: try await trustRoots) }
        let url = if let other { other } else { try await url }
        try await client.reach(url, transports: transports, namespaces: namespaces, auth: auth)
        try await settle(client)
        return client
    }

    /// Returns once the upgrade, where one belongs to this way, is done.
    func settle(_ client: Client) async throws {
        try await eventually("transport \(settled)") { client.transport == settled }
    }

    /// A client for this way that tries again quickly when the connection is lost.
    func eagerClient() async throws -> Client { Client.eager(trustRoots: try await trustRoots) }
}

extension Client {
    /// Connects, with as much patience as the machine needs.
    func reach(
        _ url: String, transports: [Transport]? = nil, namespaces: [String]? = nil, auth: SocketIOValue? = nil
    ) async throws {
        try await connect(
            url, auth: auth, transports: transports, namespaces: namespaces, waitTimeout: .seconds(patience))
    }

    /// One that is connected to the shared server by WebSocket.
    static func reaching(
        namespaces: [String]? = nil, offlineBuffer: Bool = false, retries: Int = 0, ackTimeout: Duration? = nil,
        limits: ClientLimits = .init()
    ) async throws -> Client {
        let client = Client(
            offlineBuffer: offlineBuffer, retries: retries, ackTimeout: ackTimeout, limits: limits)
        try await client.reach(PythonServer.shared.url, transports: [.websocket], namespaces: namespaces)
        return client
    }

    /// One that tries again quickly when the connection is lost.
    static func eager(
        attempts: Int = 0, trustRoots: TrustRoots = .system, offlineBuffer: Bool = false, retries: Int = 0,
        ackTimeout: Duration? = nil
    ) -> Client {
        Client(
            reconnectionAttempts: attempts, reconnectionDelay: .milliseconds(20),
            reconnectionDelayMax: .milliseconds(100), trustRoots: trustRoots, offlineBuffer: offlineBuffer,
            retries: retries,
            ackTimeout: ackTimeout)
    }
}

/// The error that `body` throws, where it is one of the client's.
func clientError(_ body: () async throws -> Void) async throws -> SocketIOClientError {
    do {
        try await body()
    } catch let error as SocketIOClientError {
        return error
    }
    throw Overdue(description: "no error was thrown")
}
