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
            case (.siphon, true): try await "https://localhost:\(Self.secureSiphon.value.port)"
            }
        }
    }

    /// Siphon itself speaks plain HTTP to its clients: TLS ends before it.
    private static let secureSiphon = Task {
        let certificates = try await Certificates.shared
        let siphon = try await SiphonProcess.shared
        return try await Relay.start(to: siphon.port, tls: (certificates.chain, certificates.key))
    }

    /// A client that is connected this way.
    func connected(
        _ client: Client? = nil, namespaces: [String]? = nil, auth: SocketIOValue? = nil
    ) async throws -> Client {
        let client = if let client { client } else { Client(trustRoots: try await trustRoots) }
        try await client.reach(url, transports: transports, namespaces: namespaces, auth: auth)
        try await eventually("transport \(settled)") { client.transport == settled }
        return client
    }
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
        attempts: Int = 0, offlineBuffer: Bool = false, retries: Int = 0, ackTimeout: Duration? = nil
    ) -> Client {
        Client(
            reconnectionAttempts: attempts, reconnectionDelay: .milliseconds(20),
            reconnectionDelayMax: .milliseconds(100), offlineBuffer: offlineBuffer, retries: retries,
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
