import NIOCore

/// Reads a polling body packet by packet, so that those before a bad one are not lost.
struct PollingPayloadReader {
    private var rest: ByteBuffer
    private var packetsLeft: Int
    private var isAtEnd = false
    private let start: Int

    init(_ body: ByteBuffer, packetLimit: Int) {
        rest = body
        start = body.readerIndex
        packetsLeft = packetLimit
    }

    /// The next packet; nil after the last one.
    mutating func next() throws(EngineIOError) -> EnginePacket? {
        guard !isAtEnd else { return nil }
        let offset = rest.readerIndex - start
        guard packetsLeft > 0 else { throw EngineIOError(.tooManyPackets, at: offset) }
        packetsLeft -= 1
        var packet = nextSlice()
        guard let type = packet.readInteger(as: UInt8.self) else { throw EngineIOError(.emptyPacket, at: offset) }
        guard packet.isUTF8 else { throw EngineIOError(.badUTF8, at: offset) }
        return try EnginePacket(type: type, content: packet, at: offset)
    }

    /// What is before the next separator, which is passed over.
    private mutating func nextSlice() -> ByteBuffer {
        let view = rest.readableBytesView
        guard let end = view.firstIndex(of: PollingPayload.separator) else {
            isAtEnd = true
            return rest
        }
        let slice = rest.readSlice(length: end - view.startIndex) ?? ByteBuffer()
        rest.moveReaderIndex(forwardBy: 1)
        return slice
    }
}

extension ByteBuffer {
    fileprivate var isUTF8: Bool {
        withUnsafeReadableBytes { bytes in
            let bytes = bytes.bindMemory(to: UInt8.self)
            return bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
        }
    }
}
