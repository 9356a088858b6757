import NIOCore

/// A client without handlers, for one namespace: you receive the server's events one after the other.
///
/// ```swift
/// let client = SimpleClient()
/// try await client.connect("http://localhost:5000")
/// try await client.emit("my event", ["data": "Hello, world!"])
/// let event = try await client.receive(timeout: .seconds(5))
/// print(event.name, event.arguments)
/// try await client.disconnect()
/// ```
///
/// `emit`, `call` and `receive` wait during reconnections. Once none will follow, they throw `disconnected`.
public final class SimpleClient: Sendable {
    /// The client behind it, for its state.
    public let client: Client
    private let received: EventQueue
    private let joined = SharedNamespace()

    /// - Parameter client: made with the options you want, and without handlers.
    public init(_ client: Client = Client()) {
        self.client = client
        received = EventQueue(client.core)
    }

    /// Connects to one namespace of a server.
    ///
    /// - Throws: what `Client.connect` throws.
    public func connect(
        _ url: String, headers: [String: String] = [:], auth: SocketIOValue? = nil, transports: [Transport]? = nil,
        namespace: String = "/", path: String = "socket.io", waitTimeout: Duration = .seconds(5)
    ) async throws {
        guard client.core.state.snapshot.isIdle else { throw SocketIOClientError.alreadyConnected }
        let namespace = client.target.namespace(namespace)
        joined.set(namespace) { client.core.registry.subscribe(received, namespace: namespace, name: nil) }
            .map { client.off($0) }
        received.reopen()
        try await client.connect(
            url, headers: headers, auth: auth, transports: transports, namespaces: [namespace], path: path,
            waitTimeout: waitTimeout)
    }

    /// Emits an event. See `NamespaceScope.emit`.
    public func emit(_ event: String, _ arguments: SocketIOValue...) async throws {
        try await whenJoined { try await client.emit(event, arguments: arguments, namespace: $0) }
    }

    /// As above.
    @_disfavoredOverload
    public func emit<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument
    ) async throws {
        let values = try Arguments(encoding: repeat each arguments).values
        try await whenJoined { try await client.emit(event, arguments: values, namespace: $0) }
    }

    /// Emits an event and waits for its ack. See `NamespaceScope.call`. If the connection is lost before the ack
    /// arrives, the event is not sent again, and `disconnected` is thrown.
    @discardableResult
    public func call(
        _ event: String, _ arguments: SocketIOValue..., timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await whenJoined { try await client.ask(event, arguments, $0, timeout).value }
    }

    /// As above.
    @_disfavoredOverload
    @discardableResult
    public func call<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        let values = try Arguments(encoding: repeat each arguments).values
        return try await whenJoined { try await client.ask(event, values, $0, timeout).value }
    }

    /// The next event from the server.
    ///
    /// - Parameter timeout: how long to wait for it; nil for as long as it takes.
    /// - Throws: `timeout`; `disconnected` if no more will come; `receiveBufferFull` if more came than are kept;
    ///   `CancellationError` if the task is cancelled.
    public func receive(timeout: Duration? = nil) async throws -> EventContext {
        guard let event = try await received.next(timeout: timeout.map { TimeAmount($0) }) else {
            throw Self.disconnected
        }
        return event
    }

    /// Disconnects for good.
    public func disconnect() async throws { try await client.disconnect() }

    /// The session id in the namespace; nil without a connection.
    public var sid: String? { client.sid(for: joined.name) }

    /// How packets travel now; nil without a connection.
    public var transport: Transport? { client.transport }

    private static let disconnected = SocketIOClientError(
        .disconnected, "there is no connection, and none will come: call connect()")

    private func whenJoined<Result>(_ body: (_ namespace: String) async throws -> Result) async throws -> Result {
        while true {
            do {
                return try await body(joined.name)
            } catch let error as SocketIOClientError where error.code == .notConnected || error.code == .badNamespace {
                guard try await client.core.waitUntilJoined(joined.name) else { throw Self.disconnected }
            }
        }
    }
}
