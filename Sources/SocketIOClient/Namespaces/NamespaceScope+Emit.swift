import NIOCore

/// Called with the arguments of an ack, or the reason why it did not come (`timeout`, `disconnected`).
public typealias AckCallback = @Sendable (Result<Arguments, SocketIOClientError>) async throws -> Void

extension NamespaceScope {
    // MARK: Emitting

    /// Emits an event with its arguments, listed after its name. They may be literals, `SocketIOValue`s or anything
    /// `Encodable`.
    ///
    /// Returns once the event is queued for sending, and waits first if too much is: `ClientLimits.sendBufferBytes`. An
    /// event and its bytes are sent together, whatever else is being emitted.
    ///
    /// - Parameters:
    ///   - event: any name except those that the protocol reserves, such as `connect`.
    ///   - namespace: where to emit it; nil for the scope's own.
    ///   - volatile: whether the event is dropped if it cannot be sent at once.
    ///   - timeout: how long to wait for the ack; nil for the client's `ackTimeout`.
    ///   - callback: asks for an ack. Callbacks of a namespace run one after the other, but do not wait for its
    ///     handlers.
    /// - Throws: `notConnected`, `badNamespace`, `reservedEvent`, `encoding`, `tooManyPendingAcks`, `sendBufferFull`.
    public func emit(
        _ event: String, _ arguments: SocketIOValue..., namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) async throws {
        try await emit(
            event, arguments: arguments, namespace: namespace, volatile: volatile, timeout: timeout, callback: callback)
    }

    /// As above.
    @_disfavoredOverload
    public func emit<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) async throws {
        let values = try Arguments(encoding: repeat each arguments).values
        try await emit(
            event, arguments: values, namespace: namespace, volatile: volatile, timeout: timeout, callback: callback)
    }

    /// Like `emit`, for code that is not async: instead of waiting for room it throws `sendBufferFull`.
    public func emitNow(
        _ event: String, _ arguments: SocketIOValue..., namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) throws {
        try emitNow(
            event, arguments: arguments, namespace: namespace, volatile: volatile, timeout: timeout, callback: callback)
    }

    /// As above.
    @_disfavoredOverload
    public func emitNow<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) throws {
        let values = try Arguments(encoding: repeat each arguments).values
        try emitNow(
            event, arguments: values, namespace: namespace, volatile: volatile, timeout: timeout, callback: callback)
    }

    /// Like `emit`, for one object whose values are variables of different types:
    /// `emit("move", ["x": x, "name": name])`.
    @_disfavoredOverload
    public func emit(
        _ event: String, _ object: KeyValuePairs<String, any Encodable & Sendable>, namespace: String? = nil,
        volatile: Bool = false, timeout: Duration? = nil, callback: AckCallback? = nil
    ) async throws {
        try await emit(
            event, arguments: [.object(SocketIOObject(encoding: object))], namespace: namespace, volatile: volatile,
            timeout: timeout, callback: callback)
    }

    /// Emits an event named `message`.
    public func send(
        _ data: SocketIOValue, namespace: String? = nil, callback: AckCallback? = nil
    ) async throws {
        try await emit("message", data, namespace: namespace, callback: callback)
    }

    /// As above.
    @_disfavoredOverload
    public func send(
        _ data: some Encodable & Sendable, namespace: String? = nil, callback: AckCallback? = nil
    ) async throws {
        try await emit("message", data, namespace: namespace, callback: callback)
    }

    // MARK: Lists

    /// Like `emit`, for a number of arguments that is known only at run time.
    public func emit(
        _ event: String, arguments: [SocketIOValue], namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) async throws {
        let outgoing = try Outgoing(self, event, arguments, namespace, volatile, timeout, callback)
        try await outgoing.core.port.send(outgoing.emission)
        outgoing.tellObservers()
    }

    /// Like `emitNow`, for a number of arguments that is known only at run time.
    public func emitNow(
        _ event: String, arguments: [SocketIOValue], namespace: String? = nil, volatile: Bool = false,
        timeout: Duration? = nil, callback: AckCallback? = nil
    ) throws {
        let outgoing = try Outgoing(self, event, arguments, namespace, volatile, timeout, callback)
        try outgoing.core.port.sendNow(outgoing.emission)
        outgoing.tellObservers()
    }

    /// Like `call`, for a number of arguments that is known only at run time.
    ///
    /// - Returns: all arguments of the ack, however many.
    @discardableResult
    public func call(
        _ event: String, arguments: [SocketIOValue], namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Arguments {
        try await ask(event, arguments, namespace, timeout)
    }

    // MARK: Calling

    /// Emits an event and waits for its ack. May be called in a handler.
    ///
    /// - Parameter timeout: how long to wait for the ack.
    /// - Returns: the ack's argument; `.null` if it has none, an `.array` of them if it has several.
    /// - Throws: what `emit` throws; `timeout`; `disconnected` as soon as the connection is lost; `CancellationError`
    ///   if the task is cancelled.
    @discardableResult
    public func call(
        _ event: String, _ arguments: SocketIOValue..., namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await ask(event, arguments, namespace, timeout).value
    }

    /// As above.
    @_disfavoredOverload
    @discardableResult
    public func call<each Argument: Encodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await ask(event, Arguments(encoding: repeat each arguments).values, namespace, timeout).value
    }

    /// As above; the ack's first argument is decoded to the type asked for, and `decoding` is thrown if it does not
    /// fit.
    @_disfavoredOverload
    public func call<Answer: Decodable & Sendable>(
        _ event: String, _ arguments: SocketIOValue..., namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, arguments, namespace, timeout).decode(Answer.self)
    }

    /// As above.
    @_disfavoredOverload
    public func call<each Argument: Encodable & Sendable, Answer: Decodable & Sendable>(
        _ event: String, _ arguments: repeat each Argument, namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, Arguments(encoding: repeat each arguments).values, namespace, timeout).decode(Answer.self)
    }

    /// As above, for an event without arguments.
    @_disfavoredOverload
    public func call<Answer: Decodable & Sendable>(
        _ event: String, namespace: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        try await ask(event, [], namespace, timeout).decode(Answer.self)
    }

    /// As above, for one object whose values are variables of different types.
    @_disfavoredOverload
    @discardableResult
    public func call(
        _ event: String, _ object: KeyValuePairs<String, any Encodable & Sendable>, namespace: String? = nil,
        timeout: Duration = .seconds(60)
    ) async throws -> SocketIOValue {
        try await ask(event, [.object(SocketIOObject(encoding: object))], namespace, timeout).value
    }

    /// All arguments of the ack, however many.
    func ask(
        _ event: String, _ values: [SocketIOValue], _ namespace: String?, _ timeout: Duration?
    ) async throws -> Arguments {
        let answer = PendingAnswer()
        let request = AckRequest(timeout: timeout.map { TimeAmount($0) }) { answer.complete($0) }
        let outgoing = try Outgoing(self, event, values, namespace, request: request)
        return try await withTaskCancellationHandler {
            try await outgoing.core.port.send(outgoing.emission)
            outgoing.tellObservers()
            return try Arguments(SocketIOValue.list(of: try await answer.value()))
        } onCancel: {
            answer.cancel()
            request.end()
            outgoing.core.port.onLoop { $0.forget(request) }
        }
    }
}
