package enum DisconnectMethod: Hashable, Sendable {
    /// Cut both hops as a network loss would.
    case transport
    /// End the Engine.IO session on both hops in good order, as a server does that shuts down.
    case server
    /// Send a Socket.IO disconnect of one namespace to both sides.
    case namespace(String)

    /// The word in rules and the API.
    package var word: String {
        switch self {
        case .transport: "transport"
        case .server: "server"
        case .namespace: "namespace"
        }
    }
}
