import NIOCore

/// A fragmented message of which some frames are in (RFC 6455, section 5.4).
struct PartialMessage: Sendable {
    let kind: WebSocketMessageKind
    private(set) var payload = ByteBuffer()
    private(set) var frames = ByteBuffer()
    private(set) var fragments = 0
    private var validator = UTF8Validator()

    init(kind: WebSocketMessageKind) { self.kind = kind }

    /// Whether the payload, if it is to be UTF-8, may end here.
    var mayEnd: Bool { validator.isBetweenCharacters }

    /// Takes the next frame. Returns the offset within its payload of a byte that is not UTF-8 where it must be.
    mutating func add(payload part: ByteBuffer, frame: ByteBuffer) -> Int? {
        fragments += 1
        payload.writeImmutableBuffer(part)
        frames.writeImmutableBuffer(frame)
        guard kind == .text else { return nil }
        return part.withUnsafeReadableBytes { validator.firstFault(in: $0) }
    }
}
