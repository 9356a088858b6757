package import NIOCore

/// How a session is closed from here: what the peer is made to see. The other hop's `SessionEnd` decides it.
package enum ClosingKind: Hashable, Sendable {
    /// A close packet by polling. On a WebSocket a close frame without a code, from the calling side after a close
    /// packet.
    case orderly
    /// A close frame with that code and reason on a WebSocket, a close packet by polling.
    case webSocket(code: UInt16?, reason: String)
    /// As a network loss: a WebSocket is cut without a close frame, and on the serving side so is the pending poll; a
    /// later one finds the session unknown. From the calling side by polling a close packet, so that the server knows
    /// at once.
    case abort
    /// Serving side: the pending poll, or the next one, is answered so. On a WebSocket a close frame with 1011.
    case refused(status: Int, body: ByteBuffer)
}
