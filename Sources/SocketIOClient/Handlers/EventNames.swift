/// Has a member for each event name; see `NamespaceScope.event`.
@dynamicMemberLookup
public struct EventNames: Sendable {
    let namespace: String?
    let register: @Sendable (_ event: String, _ namespace: String?, EventHandler) -> HandlerID

    init(
        namespace: String? = nil,
        _ register: @escaping @Sendable (_ event: String, _ namespace: String?, EventHandler) -> HandlerID
    ) {
        self.namespace = namespace
        self.register = register
    }

    /// The events of a namespace.
    public func callAsFunction(namespace: String) -> EventNames { EventNames(namespace: namespace, register) }

    public subscript(dynamicMember event: String) -> EventName { EventName(event: event, names: self) }
}

/// One event, to be called with its handler: `client.event.my_event { … }`. The handler is like that of
/// `NamespaceScope.on`.
public struct EventName: Sendable {
    let event: String
    let names: EventNames

    @discardableResult
    public func callAsFunction<each Argument: Decodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Void
    ) -> HandlerID {
        names.register(event, names.namespace, EventHandler(handler))
    }

    @discardableResult
    public func callAsFunction<each Argument: Decodable & Sendable, Answer: Encodable & Sendable>(
        _ handler: @escaping @Sendable (repeat each Argument) async throws -> Answer
    ) -> HandlerID {
        names.register(event, names.namespace, EventHandler(handler))
    }

    @discardableResult
    public func callAsFunction(_ handler: @escaping @Sendable (SocketIOValue) async throws -> Void) -> HandlerID {
        names.register(event, names.namespace, EventHandler(handler))
    }

    @discardableResult
    public func callAsFunction<Answer: Encodable & Sendable>(
        _ handler: @escaping @Sendable (SocketIOValue) async throws -> Answer
    ) -> HandlerID {
        names.register(event, names.namespace, EventHandler(handler))
    }
}
