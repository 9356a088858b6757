/// One event on its way to its handler, as middleware and exception handlers see it.
public struct EventContext: Sendable {
    public let namespace: String
    /// The event's name; `connect`, `connect_error`, `disconnect` and `error` are the client's own events.
    public var name: String
    /// The arguments, without the name.
    public var arguments: [SocketIOValue]
    /// The session id in the namespace; nil if that is no longer joined.
    public let socketID: String?
    /// Whether the server asks for an ack.
    public let wantsAck: Bool
    /// Whether the client tells it, and not the server.
    var isLocal = false

    /// What neither side may emit (Socket.IO v5, as the JavaScript parser has it since 4.2.4).
    static let cannotBeEmitted: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    private static let reserved: Set<String> = ["connect", "connect_error", "disconnect", "__disconnect_final"]

    /// Whether handlers of `*` may have it.
    var isCaughtByAny: Bool { !isLocal && !Self.reserved.contains(name) }
}
