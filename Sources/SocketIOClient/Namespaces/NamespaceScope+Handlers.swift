extension NamespaceScope {
    /// Says what to do when an event arrives. The handler's parameters say what the event's arguments must be: anything
    /// `Decodable`. If there are too few, or one does not fit, that is an error (`decoding`, with path and type), as if
    /// the handler had thrown it; extra arguments are ignored. A parameter of type `Arguments` takes all that are left.
    ///
    /// What the handler returns is the ack: nothing, one value, or several as `Ack(1, "two")`. A second handler for the
    /// same event replaces the first.
    ///
    /// - Parameters:
    ///   - event: any name, or `*` for all that have no handler in the namespace: then the event's name comes before
    ///     its arguments. The client's own events are `connect`, `connect_error` (what the server said), `disconnect`
    ///     (a `DisconnectReason`, and a text with more detail) and, for an error that no exception handler took,
    ///     `error` (a text, and the event's name).
    ///   - namespace: where; `*` for all that have no handlers: then the namespace comes before the arguments.
    /// - Returns: what to pass to `off` to remove the handler.
    @discardableResult
    public func on<each Argument: Decodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler))
    }

    /// As above.
    @discardableResult
    public func on<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler))
    }

    /// As above, for a handler whose only parameter has no type; `.null` if the event has no argument.
    @discardableResult
    public func on(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (SocketIOValue) async throws -> Void
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler))
    }

    /// As above.
    @discardableResult
    public func on<Answer: Encodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (SocketIOValue) async throws -> Answer
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler))
    }

    // MARK: Once

    /// Like `on`, for the next such event only.
    @discardableResult
    public func once<each Argument: Decodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler), isOnce: true)
    }

    /// As above.
    @discardableResult
    public func once<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler), isOnce: true)
    }

    /// As above.
    @discardableResult
    public func once(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (SocketIOValue) async throws -> Void
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler), isOnce: true)
    }

    /// As above.
    @discardableResult
    public func once<Answer: Encodable & Sendable>(
        _ event: String, namespace: String? = nil,
        _ handler: @escaping @Sendable (SocketIOValue) async throws -> Answer
    ) -> HandlerID {
        register(event, namespace, EventHandler(handler), isOnce: true)
    }

    // MARK: Off

    /// Removes the handler of an event.
    public func off(_ event: String, namespace: String? = nil) {
        let target = target
        target.registry.remove(event, namespace: target.namespace(namespace))
    }

    /// Removes the handler or observer for which `on`, `once`, `onAny` or `onAnyOutgoing` returned this.
    public func off(_ handler: HandlerID) { target.registry.remove(handler) }

    // MARK: By name

    /// Adds handlers of events that are named as members: `client.event.my_event { … }` is
    /// `client.on("my_event") { … }`, and `client.event(namespace: "/chat").my_event { … }` does it in another
    /// namespace.
    public var event: EventNames { EventNames { register($0, $1, $2) } }

    private func register(
        _ event: String, _ namespace: String?, _ handler: EventHandler, isOnce: Bool = false
    ) -> HandlerID {
        let target = target
        precondition(
            !target.isOnlyNamespace || target.namespace(namespace) == target.namespace,
            "an object's handlers are for its own namespace; a client's may be for any")
        return target.registry.add(event, namespace: target.namespace(namespace), isOnce: isOnce, handler.run)
    }
}
