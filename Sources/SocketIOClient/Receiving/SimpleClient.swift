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
    private let joined = SharedNamespace()

    /// - Parameter client: made with the options you want, and without handlers.
    public init(_ client: Client = Client()) { self.client = client }

    /// Connects to one namespace of a server. Events of an earlier connection that were not received are gone.
    ///
    /// - Throws: what `Client.connect` throws.
    public func connect(
        _ url: String, headers: [String: String] = [:], auth: SocketIOValue? = nil, transports: [Transport]? = nil,
        namespace: String = "/", path: String = "socket.io", waitTimeout: Duration = .seconds(5)
    ) async throws {
        let namespace = client.target.namespace(namespace)
        try await joined.change {
            guard try await client.core.waitUntilIdle([joined.name, namespace]) else {
                throw SocketIOClientError.alreadyConnected
            }
            let events = EventSubscription(client.core, namespace: namespace, name: nil)
            joined.set(namespace, events)
            do {
                try await client.connect(
                    url, headers: headers, auth: auth, transports: transports, namespaces: [namespace], path: path,
                    waitTimeout: waitTimeout)
            } catch {
                events.queue.finish()
                throw error
            }
        }
    }

    /// Emits an event. See `NamespaceScope.emit`.
    public func emit(_ event: String, _ arguments: SocketIOValue...) async throws {
        try await emit(event, arguments: arguments)
    }

    /// As above.
    @_disfavoredOverload
    public func emit<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument
    ) async throws {
        try await emit(event, arguments: Arguments(encoding: repeat each arguments).values)
    }

    /// As above, for a number of arguments that is known only at run time.
    public func emit(_ event: String, arguments: [SocketIOValue]) async throws {
        try await whenJoined { try await client.emit(event, arguments: arguments, namespace: $0) }
    }

    /// Emits an event and waits for its ack. See `NamespaceScope.call`. If the connection is lost before the ack
    /// arrives, the event is not sent again, and `disconnected` is thrown. Waiting for a reconnection before the event
    /// is sent does not count towards `timeout`.
    @discardableResult
    public func call(
        _ event: String, _ arguments: SocketIOValue..., timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await ask(event, arguments, timeout).value
    }

    /// As above.
    @_disfavoredOverload
    @discardableResult
    public func call<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await ask(event, Arguments(encoding: repeat each arguments).values, timeout).value
    }

    /// As above; the ack's first argument is decoded to the type asked for, and `decoding` is thrown if it does not
    /// fit.
    @_disfavoredOverload
    public func call<Answer: Decodable & Sendable>(
        _ event: String, _ arguments: SocketIOValue..., timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, arguments, timeout).decode(Answer.self)
    }

    /// As above.
    @_disfavoredOverload
    public func call<each Argument: Encodable & Sendable, Answer: Decodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, Arguments(encoding: repeat each arguments).values, timeout).decode(Answer.self)
    }

    /// As above, for an event without arguments.
    @_disfavoredOverload
    public func call<Answer: Decodable & Sendable>(
        _ event: String, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, [], timeout).decode(Answer.self)
    }

    /// Like `call`, for a number of arguments that is known only at run time.
    ///
    /// - Returns: all arguments of the ack, however many.
    @discardableResult
    public func call(
        _ event: String, arguments: [SocketIOValue], timeout: Duration = .seconds(60)
    ) async throws -> Arguments {
        try await ask(event, arguments, timeout)
    }

    /// The next event from the server.
    ///
    /// - Parameter timeout: how long to wait for it; nil for as long as it takes.
    /// - Throws: `timeout`; `disconnected` if no more will come, as before a connect and after one that failed;
    ///   `receiveBufferFull` if more came than are kept; `CancellationError` if the task is cancelled.
    public func receive(timeout: Duration? = nil) async throws -> EventContext {
        guard let event = try await joined.events?.queue.next(timeout: timeout.map { TimeAmount($0) }) else {
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

    private func ask(_ event: String, _ values: [SocketIOValue], _ timeout: Duration) async throws -> Arguments {
        try await whenJoined { try await client.ask(event, values, $0, timeout) }
    }

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
