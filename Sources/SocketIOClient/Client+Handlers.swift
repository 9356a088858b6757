extension Client: NamespaceScope {
    public var target: NamespaceTarget { NamespaceTarget(core: core, registry: core.registry, namespace: "/") }

    // MARK: Observing

    /// Runs for each event of the server, before its handler and beside it.
    @discardableResult
    public func onAny(_ observer: @escaping @Sendable (EventContext) async throws -> Void) -> HandlerID {
        core.registry.observe(observer)
    }

    /// Runs for each event that this client emits, in the task or thread that emits it.
    @discardableResult
    public func onAnyOutgoing(_ observer: @escaping @Sendable (EventContext) -> Void) -> HandlerID {
        core.registry.observeOutgoing(observer)
    }

    /// Takes off all handlers, observers, middleware and exception handlers.
    public func removeAllHandlers() { core.registry.removeAll() }

    // MARK: Middleware

    /// A step before every handler, those of `connect` and `disconnect` too. Steps run in the order in which they were
    /// added. One goes on by `next`, with the event as it was or changed, and gets the ack that comes of it; one that
    /// returns without `next` stops the event. What it returns is the ack for the server; nil for none.
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
    /// throw. Of several the most specific is asked: that of the error's very type, then of the nearest class above it,
    /// then of a protocol. The connection goes on. What the handler returns is the ack for the server, as with `on`,
    /// but for nil and nothing: then there is none.
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

    /// Takes what no other exception handler takes. Without one, such an error goes to the log and to the handler of
    /// `error`.
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

    /// Lets an object handle a namespace's events that have no handler of their own (`on`). A second one for the same
    /// namespace takes the place of the first.
    public func registerNamespace(_ namespace: ClientNamespace) {
        namespace.join(core)
    }
}
