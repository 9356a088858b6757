package import NIOCore

/// Why a session ended.
package enum SessionEnd: Hashable, Sendable {
    /// A close packet, by polling or on the WebSocket.
    case closedByPeer
    /// A close frame from the peer; no code where the frame had none (1005).
    case webSocketClosed(code: UInt16?, reason: String)
    /// The connection was cut, or a request was aborted, could not be made or, a POST, was not answered in time.
    case lost
    /// Calling side: no handshake in time.
    case notOpened
    /// No pong within `pingTimeout`; on the calling side no packet within `pingInterval` and `pingTimeout`.
    case pingTimeout
    case protocolViolation(EngineIOError)
    /// Calling side: the answer to a polling request was not 200.
    case refused(status: Int, body: ByteBuffer)
    case closedLocally
    /// More waits to be sent than the configuration allows.
    case queueFull
}
