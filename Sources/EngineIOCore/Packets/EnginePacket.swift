import Base64Coding
package import NIOCore

/// One Engine.IO packet (Engine.IO v4, packet types).
package enum EnginePacket: Hashable, Sendable {
    /// `0` and the JSON of the handshake.
    case open(ByteBuffer)
    case close
    /// `2`, alone as a heartbeat or with `probe`.
    case ping(ByteBuffer)
    /// `3`, alone as a heartbeat or with `probe`.
    case pong(ByteBuffer)
    /// `4` and text; for a binary message the bytes alone on a WebSocket, `b` and base64 by polling.
    case message(EngineMessage)
    case upgrade
    case noop

    static let binaryMark = UInt8(ascii: "b")
    static let probe = ByteBuffer(string: "probe")

    /// Reads one WebSocket message. A text message is moved on by its first byte, not copied.
    ///
    /// `frames` are the frames that it came in, to send them on as they are. Text that starts with `b` is a binary
    /// message in base64, as peers without binary WebSockets send it; its frames are not kept.
    package init(
        webSocket kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer?
    ) throws(EngineIOError) {
        guard kind == .text else {
            self = .message(EngineMessage(.binary, payload, frames: frames))
            return
        }
        var content = payload
        guard let type = content.readInteger(as: UInt8.self) else { throw EngineIOError(.emptyPacket) }
        guard type == UInt8(ascii: "4") else {
            try self.init(type: type, content: content, at: 0)
            return
        }
        self = .message(EngineMessage(.text, content, frames: frames))
    }

    /// Reads a packet from its first character and what follows it. `offset` is where the packet starts.
    init(type: UInt8, content: ByteBuffer, at offset: Int) throws(EngineIOError) {
        switch type {
        case UInt8(ascii: "0"): self = .open(content)
        case UInt8(ascii: "1"): self = .close
        case UInt8(ascii: "2"): self = .ping(content)
        case UInt8(ascii: "3"): self = .pong(content)
        case UInt8(ascii: "4"): self = .message(EngineMessage(.text, content))
        case UInt8(ascii: "5"): self = .upgrade
        case UInt8(ascii: "6"): self = .noop
        case Self.binaryMark:
            guard let bytes = Base64.decode(content) else { throw EngineIOError(.badBase64, at: offset &+ 1) }
            self = .message(EngineMessage(.binary, bytes))
        default: throw EngineIOError(.unknownPacketType, at: offset)
        }
    }

    /// Bytes of the packet as text: what it takes in a polling payload.
    var textSize: Int {
        switch self {
        case .close, .upgrade, .noop: 1
        case .open(let content), .ping(let content), .pong(let content): 1 + content.readableBytes
        case .message(let message):
            1
                + (message.kind == .text
                    ? message.bytes.readableBytes : Base64.encodedSize(message.bytes.readableBytes))
        }
    }

    /// Appends the packet as text.
    func writeText(to buffer: inout ByteBuffer) {
        switch self {
        case .open(let content): buffer.writeText("0", content)
        case .close: buffer.writeStaticString("1")
        case .ping(let content): buffer.writeText("2", content)
        case .pong(let content): buffer.writeText("3", content)
        case .message(let message) where message.kind == .text: buffer.writeText("4", message.bytes)
        case .message(let message):
            buffer.writeInteger(Self.binaryMark)
            Base64.encode(message.bytes, into: &buffer)
        case .upgrade: buffer.writeStaticString("5")
        case .noop: buffer.writeStaticString("6")
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func writeText(_ type: StaticString, _ content: ByteBuffer) {
        writeStaticString(type)
        writeImmutableBuffer(content)
    }
}
