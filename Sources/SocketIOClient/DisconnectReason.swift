/// Why a namespace was left: what handlers of `disconnect` are told first. The texts are python-socketio's.
public enum DisconnectReason: String, Codable, Hashable, Sendable {
    /// This client asked for it.
    case clientDisconnect = "client disconnect"
    /// The server ended the namespace. No reconnection follows where it was the last.
    case serverDisconnect = "server disconnect"
    /// The connection was lost; the second argument of the handler says how. A reconnection follows, if it is enabled.
    case transportError = "transport error"
}
