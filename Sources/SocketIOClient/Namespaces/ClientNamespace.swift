import NIOConcurrencyHelpers

/// A namespace's events, handled by the methods of an object.
///
/// In `addHandlers`, a subclass says which method takes which event:
///
/// ```swift
/// final class Chat: ClientNamespace, @unchecked Sendable {
///     override func addHandlers() {
///         on("connect") { print("joined") }
///         on("message", onMessage)
///     }
///
///     func onMessage(_ text: String) async throws -> String {
///         try await emit("seen", text)
///         return "ok"
///     }
/// }
///
/// client.registerNamespace(Chat("/chat"))
/// ```
///
/// Swift cannot find a method by its name at run time, which is why there is a line for each. `emit`, `send`, `call`
/// and `disconnect` are those of the client, in this namespace. Handlers that the client itself has for the namespace
/// take precedence. An object is registered with one client only.
open class ClientNamespace: NamespaceScope, @unchecked Sendable {
    // Unchecked, since a class that can be subclassed cannot be checked; its own state is behind a lock.

    public let namespace: String
    private let binding = NIOLockedValueBox(Binding())

    private struct Binding {
        weak var client: ClientCore?
        /// The client has this object and its handlers, which hold the object too.
        weak var registry: HandlerRegistry?
        /// The handlers that there are before a client has them.
        var unregistered: HandlerRegistry? = HandlerRegistry()
    }

    /// - Parameter namespace: such as `/chat`; `*` for all that have no handlers and no other object: then the
    ///   namespace comes before the arguments.
    public init(_ namespace: String = "/") {
        self.namespace = NamespaceTarget.name(namespace)
    }

    public var target: NamespaceTarget {
        let (client, registry) = binding.withLockedValue { ($0.client, $0.unregistered ?? $0.registry) }
        return NamespaceTarget(
            core: client, registry: registry ?? HandlerRegistry(), namespace: namespace, isOnlyNamespace: true)
    }

    /// Where a subclass adds its handlers. Called when the object is registered with a client.
    open func addHandlers() {}

    /// Called for each event of the namespace: finds its handler and calls it. A subclass may override it.
    ///
    /// - Returns: the ack for the server; nil for none.
    open func triggerEvent(_ context: EventContext) async throws -> Ack? {
        guard let handler = target.registry.handler(for: context) else { return Ack() }
        return try await handler(context)
    }

    /// The client's session id in this namespace; nil if that is not joined.
    public var sid: String? { target.core?.state.sid(of: namespace) }

    /// Leaves this namespace. Leaving the last one ends the connection.
    ///
    /// - Throws: `badNamespace` or `notConnected` if it is not joined.
    public func disconnect() async throws {
        try await target.resolve(nil).core.leave(namespace)
    }

    func join(_ core: ClientCore) {
        let registry = binding.withLockedValue { binding in
            let registry = binding.unregistered ?? HandlerRegistry()
            binding = Binding(client: core, registry: registry, unregistered: nil)
            return registry
        }
        addHandlers()
        core.registry.add(namespace: namespace) { context in
            defer { withExtendedLifetime(registry) {} }
            return try await self.triggerEvent(context)
        }
    }
}
