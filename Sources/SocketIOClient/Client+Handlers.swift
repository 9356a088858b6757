extension Client: NamespaceScope {
    public var target: NamespaceTarget { NamespaceTarget(core: core, registry: core.registry, namespace: "/") }

    // MARK: Observing

    /// Runs for each event from the server that middleware passes on, before its handler, and also if it has none.
    @discardableResult
    public func onAny(_ observer: @escaping @Sendable (EventContext) async throws -> Void) -> HandlerID {
        core.registry.observe(observer)
    }

    /// Runs for each event that this client emits, in the task or thread that emits it.
    @discardableResult
    public func onAnyOutgoing(_ observer: @escaping @Sendable (EventContext) -> Void) -> HandlerID {
        core.registry.observeOutgoing(observer)
    }

    /// Removes all handlers, `ClientNamespace` objects, observers, middleware and exception handlers. Sequences of events
    /// go on.
    public func removeAllHandlers() { core.registry.removeAll() }

    // MARK: Middleware

    /// A step that runs before every handler, including those of `connect` and `disconnect`. Steps run in the order in
    /// which they were added. A step passes the event on, changed or not, by calling `next`, which returns the ack; if
    /// it returns without doing so, the event stops there. What it returns is the ack for the server; nil for none.
    ///
    /// ```swift
    /// client.middleware { context, next in
    ///     guard context.name != "noise" else { return nil }
    ///     return try await next(context)
    /// }
    /// ```
    public func middleware(
        _ step:
            @escaping @Sendable (
                _ context: EventContext, _ next: @escaping @Sendable (EventContext) async throws -> Ack?
            ) async throws -> Ack?
    ) {
        core.registry.add(Middleware(run: step))
    }

    // MARK: Exception handlers

    /// Takes errors of one type, and of its subclasses, that handlers, middleware, callbacks and background tasks
    /// throw. If several handlers fit, the most specific one is called: the one for the error's exact type, then for
    /// its nearest superclass, then for a protocol. The connection stays open. What the handler returns is the ack for
    /// the server, as with `on`, except that nil or nothing sends no ack.
    public func exceptionHandler<Failure, Answer: Encodable & Sendable>(
        for type: Failure.Type, _ handler: @escaping @Sendable (Failure, EventContext) async throws -> Answer
    ) {
        core.registry.add(ExceptionHandler(type) { Ack(ofException: try await handler($0, $1)) })
    }

    /// As above; no ack is sent.
    public func exceptionHandler<Failure>(
        for type: Failure.Type, _ handler: @escaping @Sendable (Failure, EventContext) async throws -> Void
    ) {
        core.registry.add(
            ExceptionHandler(type) { error, context in
                try await handler(error, context)
                return nil
            })
    }

    /// Takes errors that no other exception handler takes. Without it, such an error goes to the log and to the handler
    /// of `error`.
    public func exceptionHandler<Answer: Encodable & Sendable>(
        _ handler: @escaping @Sendable (any Error, EventContext) async throws -> Answer
    ) {
        core.registry.setDefault(ExceptionHandler(any: { Ack(ofException: try await handler($0, $1)) }))
    }

    /// As above; no ack is sent.
    public func exceptionHandler(
        _ handler: @escaping @Sendable (any Error, EventContext) async throws -> Void
    ) {
        core.registry.setDefault(
            ExceptionHandler(any: { error, context in
                try await handler(error, context)
                return nil
            }))
    }

    // MARK: Namespaces

    /// Lets an object handle those events of a namespace that have no handler of their own (`on`). A second one for the
    /// same namespace replaces the first.
    public func registerNamespace(_ namespace: ClientNamespace) {
        namespace.join(core)
    }
}
