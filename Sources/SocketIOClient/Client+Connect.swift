import NIOCore
import SocketIOCore

extension Client {
    /// Connects to a server and joins namespaces.
    ///
    /// - Parameters:
    ///   - url: such as `http://localhost:5000`; the scheme may also be `https`, `ws` or `wss`. Its query is sent with
    ///     every request. It has no path: see `path` and `namespaces`. `url`, `headers` and `auth` may be closures,
    ///     which are called at every attempt to connect or reconnect.
    ///   - headers: fields of every request of this connection.
    ///   - auth: what the server's connect handlers get, in each namespace.
    ///   - transports: those to use; the first one opens the connection. If that is polling, an upgrade to WebSocket
    ///     follows when the server offers it.
    ///   - namespaces: those to join; nil for those that have handlers or, if there are none, `/`.
    ///   - path: where the server listens for Socket.IO.
    ///   - wait: whether to return only once all namespaces are joined and their `connect` handlers have run. It waits
    ///     for these handlers for at most `waitTimeout`; called in a handler, not at all.
    ///   - waitTimeout: how long the server may stay silent while namespaces are being joined; it applies to
    ///     reconnections too.
    ///   - retry: whether more attempts follow if the first one fails, as after a loss. None does if `url`, `headers`
    ///     or `auth` cannot be used.
    /// - Throws: `SocketIOClientError`: `alreadyConnected`, `invalidAddress`, `connectionRefused`, `nameNotFound`,
    ///   `timeout`, `tls`, `proxyRefused`, `handshakeRefused`, `protocolViolation`, `connectionFailed`; `encoding` for
    ///   an auth that holds bytes; `namespaceRefused` if the server refused a namespace or ended it before all were
    ///   joined, after which none stays joined; `receiveBufferFull` if the server sends too much before that;
    ///   `disconnected` if `disconnect()` is called meanwhile. `CancellationError` if the task is cancelled.
    public func connect(
        _ url: String, headers: [String: String] = [:], auth: SocketIOValue? = nil, transports: [Transport]? = nil,
        namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            { url }, headers: { headers }, auth: { auth }, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `auth` is called at every attempt.
    public func connect(
        _ url: String, headers: [String: String] = [:], auth: @escaping @Sendable () async throws -> SocketIOValue?,
        transports: [Transport]? = nil, namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            { url }, headers: { headers }, auth: auth, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `headers` is called at every attempt.
    public func connect(
        _ url: String, headers: @escaping @Sendable () async throws -> [String: String], auth: SocketIOValue? = nil,
        transports: [Transport]? = nil, namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            { url }, headers: headers, auth: { auth }, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `headers` and `auth` are called at every attempt.
    public func connect(
        _ url: String, headers: @escaping @Sendable () async throws -> [String: String],
        auth: @escaping @Sendable () async throws -> SocketIOValue?, transports: [Transport]? = nil,
        namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            { url }, headers: headers, auth: auth, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `url` is called at every attempt.
    public func connect(
        _ url: @escaping @Sendable () async throws -> String, headers: [String: String] = [:],
        auth: SocketIOValue? = nil, transports: [Transport]? = nil, namespaces: [String]? = nil,
        path: String = "socket.io", wait: Bool = true, waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            url, headers: { headers }, auth: { auth }, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `url` and `auth` are called at every attempt.
    public func connect(
        _ url: @escaping @Sendable () async throws -> String, headers: [String: String] = [:],
        auth: @escaping @Sendable () async throws -> SocketIOValue?, transports: [Transport]? = nil,
        namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            url, headers: { headers }, auth: auth, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; `url` and `headers` are called at every attempt.
    public func connect(
        _ url: @escaping @Sendable () async throws -> String,
        headers: @escaping @Sendable () async throws -> [String: String], auth: SocketIOValue? = nil,
        transports: [Transport]? = nil, namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        try await connect(
            url, headers: headers, auth: { auth }, transports: transports, namespaces: namespaces, path: path,
            wait: wait, waitTimeout: waitTimeout, retry: retry)
    }

    /// As above; all three are called at every attempt.
    public func connect(
        _ url: @escaping @Sendable () async throws -> String,
        headers: @escaping @Sendable () async throws -> [String: String],
        auth: @escaping @Sendable () async throws -> SocketIOValue?, transports: [Transport]? = nil,
        namespaces: [String]? = nil, path: String = "socket.io", wait: Bool = true,
        waitTimeout: Duration = .seconds(1), retry: Bool = false
    ) async throws {
        var plan = ClientMachine.Plan()
        plan.namespaces = try Self.names(namespaces ?? core.registry.namespaces)
        plan.waits = wait
        plan.waitTimeout = TimeAmount(waitTimeout)
        plan.retries = retry
        let path = try Self.enginePath(path)
        let transports = transports ?? Transport.allCases
        guard !transports.isEmpty else {
            throw SocketIOClientError(.invalidAddress, "expected at least one transport, .polling or .websocket")
        }
        let source = ConnectSource(url: url, headers: headers, auth: auth)
        try await start(source, plan, transports, path)
    }

    private func start(
        _ source: ConnectSource, _ plan: ClientMachine.Plan, _ transports: [Transport], _ path: String
    ) async throws {
        let promise = core.port.eventLoop.makePromise(of: Void.self)
        let ticket = ConnectTicket(self)
        let eventLoop = core.port.eventLoop
        let drain = core.lanes.drain(within: plan.waitTimeout, on: eventLoop)
        core.port.onLoop { connection in
            connection.connect(ticket, source, plan, transports: transports, path: path) { result in
                if case .failure(let error) = result, error.code == .alreadyConnected || !plan.waits {
                    return promise.fail(error)
                }
                // The handlers of connect and connect_error run first, but nobody waits for those of later events.
                let handled = plan.waits ? drain(plan.namespaces) : eventLoop.makeSucceededVoidFuture()
                handled.whenComplete { _ in promise.completeWith(result.mapError { $0 }) }
            }
        }
        try await withTaskCancellationHandler {
            do {
                try await promise.futureResult.get()
            } catch {
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            ticket.cancel()
            core.port.onLoop { $0.cancel(ticket) }
        }
    }

    /// What to join: each once, with the leading `/` that users leave out.
    private static func names(_ names: [String]) throws -> [String] {
        var result: [String] = []
        for name in names.isEmpty ? ["/"] : names {
            guard let name = NamespaceName.parsed(name) else {
                throw SocketIOClientError(
                    .invalidAddress, "expected a namespace without comma and query, not “\(name)”")
            }
            if !result.contains(name) { result.append(name) }
        }
        return result
    }

    private static func enginePath(_ path: String) throws -> String {
        let trimmed = path.trimmingSlashes
        guard trimmed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        else { throw SocketIOClientError(.invalidAddress, "expected a path such as socket.io, not “\(path)”") }
        return trimmed.isEmpty ? "/" : "/\(trimmed)/"
    }

    // MARK: Ending

    /// Leaves all namespaces and closes the connection, or gives up connecting. What was emitted before is sent first.
    ///
    /// Returns once the server has closed the connection too, or has read nothing for two seconds (three with TLS), and
    /// the handlers have run that hear of it. By polling it gives up where the server neither takes more of a request
    /// nor answers it for `requestTimeout`, and where all requests together take a minute; what is not sent by then is
    /// lost. It waits for handlers for at most 60 s; called in a handler, not at all. A task that is cancelled waits in
    /// the same way. Without a connection it waits at most for handlers of the last one.
    public func disconnect() async throws {
        try await core.disconnect()
    }

    /// Leaves one namespace. Leaving the last one ends the connection, as with ``disconnect()``.
    ///
    /// - Throws: `badNamespace` or `notConnected` if it is not joined.
    public func disconnect(namespace: String) async throws {
        try await core.leave(target.namespace(namespace))
    }

    /// As ``disconnect()``: ends a connection, or the attempts to get one.
    public func shutdown() async throws { try await disconnect() }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var text = self[...]
        while text.last == "/" { text = text.dropLast() }
        while text.first == "/" { text = text.dropFirst() }
        return String(text)
    }
}
