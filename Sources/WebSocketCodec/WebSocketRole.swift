/// Which end of the connection we are. It decides which frames must be masked (RFC 6455, section 5.1).
package enum WebSocketRole: Hashable, Sendable {
    /// Our peer is a client: it masks each frame, we mask none.
    case server
    /// Our peer is a server: it masks no frame, we mask each.
    case client
}
