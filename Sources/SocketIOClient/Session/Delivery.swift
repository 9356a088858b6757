import SocketIOCore

/// Something that handlers are told of, in the order in which it happened to its namespace.
struct Delivery: Sendable {
    enum Kind: Sendable {
        case connect
        /// The server's CONNECT_ERROR.
        case refused(Refusal)
        /// There was no connection to ask for the namespace on.
        case failed(SocketIOClientError)
        case disconnect(DisconnectReason, details: String)
        case event(SocketPacket)
        /// Something that cannot be read.
        case unreadable(SocketIOClientError)
        /// Nothing comes of the namespace any more.
        case finished
    }

    let namespace: String
    let kind: Kind
    /// Which of the client's sessions it came in, by number.
    var session = 0
}
