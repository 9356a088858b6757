package import NIOCore

/// What a peer said: a whole message, or a control frame.
package enum WebSocketInput: Hashable, Sendable {
    /// `payload` is unmasked, and UTF-8 if the kind is `.text`. `frames` are the message's frames as they came, masks
    /// and all, so that an unedited message can be sent on in the same direction byte for byte.
    case message(WebSocketMessageKind, payload: ByteBuffer, frames: ByteBuffer)

    /// To be answered by a pong with the same payload, at most 125 bytes (RFC 6455, section 5.5.2).
    case ping(ByteBuffer)

    case pong(ByteBuffer)

    /// The peer's last word: the reader reads nothing after it. `code` is nil for an empty close frame, else one that
    /// may be sent (section 7.4); `reason` is UTF-8, at most 123 bytes.
    case close(code: UInt16?, reason: ByteBuffer)
}
