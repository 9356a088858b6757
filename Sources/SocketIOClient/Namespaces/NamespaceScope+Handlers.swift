extension NamespaceScope {
    /// What to do when an event comes. The parameters of the handler say what the event's arguments have to be:
    /// anything `Decodable`. An event with fewer or other arguments is an error (`decoding`, with path and type), as if
    /// the handler had thrown it; further arguments are left out. A parameter of the type `Arguments` takes all that
    /// are left.
    ///
    /// What the handler returns is the ack: nothing, one value, or several as `Ack(1, "two")`.
    ///
    /// - Parameters:
    ///   - event: any name, or `*` for all that have no handler in the namespace: then its name comes before its
    ///     arguments. What the client itself tells are `connect`, `connect_error` (what the server said), `disconnect`
    ///     (`DisconnectReason`, and a text that says more) and `error` (a text, and the event's name): an error that no
    ///     exception handler took.
    ///   - namespace: where; `*` for all that have no handlers: then the namespace comes before the arguments.
    /// - Returns: what `off` takes the handler off by. A second handler for the same event takes the place of the
    ///   first.
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

    /// As above, for a handler that says no type of its one argument; `.null` where the event has none.
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

    /// As `on`, for the next such event alone.
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

    /// Takes the handler of an event off.
    public func off(_ event: String, namespace: String? = nil) {
        let target = target
        target.registry.remove(event, namespace: target.namespace(namespace))
    }

    /// Takes off what `on`, `once`, `onAny` or `onAnyOutgoing` returned.
    public func off(_ handler: HandlerID) { target.registry.remove(handler) }

    // MARK: By name

    /// Handlers whose events are named as members: `client.event.my_event { … }` is `client.on("my_event") { … }`, and
    /// `client.event(namespace: "/chat").my_event { … }` is that in another namespace.
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
