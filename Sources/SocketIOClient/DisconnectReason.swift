/// Why a namespace was left: the first argument of `disconnect` handlers. The texts are python-socketio's.
public enum DisconnectReason: String, Codable, Hashable, Sendable {
    /// This client asked for it.
    case clientDisconnect = "client disconnect"
    /// The server ended the namespace. If it was the last one, no reconnection follows.
    case serverDisconnect = "server disconnect"
    /// The connection was lost; the second argument of the handler says how. A reconnection follows, if it is enabled.
    case transportError = "transport error"
}
