package import NIOCore

/// One Engine.IO message: what a `4` packet carries, or a binary message (Engine.IO v4, packet types).
package struct EngineMessage: Hashable, Sendable {
    package enum Kind: Sendable {
        case text
        case binary
    }

    package let kind: Kind

    /// The content: for text without the packet type `4`, for binary the bytes themselves.
    package let bytes: ByteBuffer

    /// The whole WebSocket frame (or frames) that the message came in, mask and all, so that it can leave as it came.
    /// Nil when it came by polling or was made here. Two messages that differ in this alone are equal.
    package let frames: ByteBuffer?

    package init(_ kind: Kind, _ bytes: consuming ByteBuffer, frames: consuming ByteBuffer? = nil) {
        self.kind = kind
        self.bytes = bytes
        self.frames = frames
    }

    /// Whether a WebSocket message is a message packet, by its first byte: binary, or text that begins with `4`.
    package static func isMessage(_ kind: Kind, _ payload: borrowing ByteBuffer) -> Bool {
        kind == .binary || payload.getInteger(at: payload.readerIndex, as: UInt8.self) == UInt8(ascii: "4")
    }

    /// The message that a WebSocket message is for which `isMessage` holds.
    package init(packet kind: Kind, _ payload: consuming ByteBuffer, frames: consuming ByteBuffer?) {
        if kind == .text { payload.moveReaderIndex(forwardBy: 1) }
        self.init(kind, payload, frames: frames)
    }

    /// The same message in memory of its own: as it came it keeps all that was read with it alive.
    package func detached() -> EngineMessage {
        EngineMessage(kind, ByteBuffer(bytes: bytes.readableBytesView))
    }

    package static func text(_ text: String) -> EngineMessage { EngineMessage(.text, ByteBuffer(string: text)) }

    package static func binary(_ bytes: [UInt8]) -> EngineMessage { EngineMessage(.binary, ByteBuffer(bytes: bytes)) }

    package static func == (left: EngineMessage, right: EngineMessage) -> Bool {
        left.kind == right.kind && left.bytes == right.bytes
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(bytes)
    }
}
