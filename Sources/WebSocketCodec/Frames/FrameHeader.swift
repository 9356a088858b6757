/// The 2 to 14 bytes before a frame's payload (RFC 6455, section 5.2).
struct FrameHeader {
    enum Scan {
        /// The header's end is not here yet.
        case incomplete
        case header(FrameHeader)
        case fault(WebSocketError.Code)
    }

    static let largestHeaderBytes = 14
    static let largestControlPayloadBytes = 125

    let opcode: FrameOpcode
    let isFinal: Bool
    let headerBytes: Int
    /// Below 2^63, and not otherwise checked.
    let payloadBytes: UInt64
    /// 0 where the frame is not masked.
    let mask: UInt32

    /// Reads the header that starts at `start`, and refuses all that can be refused without knowing what came before.
    @inline(__always)
    static func scan(_ bytes: UnsafeRawBufferPointer, at start: Int = 0, isMasked: Bool) -> Scan {
        let available = bytes.count - start
        guard available >= 2 else { return .incomplete }
        let first = bytes[start]
        let second = bytes[start + 1]
        guard first & 0x70 == 0 else { return .fault(.reservedBits) }
        guard let opcode = FrameOpcode(rawValue: first & 0x0F) else { return .fault(.reservedOpcode) }
        guard second & 0x80 != 0 || !isMasked else { return .fault(.unmaskedClientFrame) }
        guard second & 0x80 == 0 || isMasked else { return .fault(.maskedServerFrame) }
        let isFinal = first & 0x80 != 0
        let shortLength = second & 0x7F
        if opcode.isControl {
            guard isFinal else { return .fault(.fragmentedControlFrame) }
            guard shortLength <= largestControlPayloadBytes else { return .fault(.controlFrameTooLong) }
        }

        var headerBytes = 2
        var payloadBytes = UInt64(shortLength)
        if shortLength == 126 {
            guard available >= 4 else { return .incomplete }
            payloadBytes = UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt16.self)))
            guard payloadBytes > 125 else { return .fault(.nonMinimalLength) }
            headerBytes = 4
        } else if shortLength == 127 {
            guard available >= 10 else { return .incomplete }
            payloadBytes = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start + 2, as: UInt64.self))
            guard payloadBytes >> 63 == 0 else { return .fault(.lengthOverflow) }
            guard payloadBytes > 0xFFFF else { return .fault(.nonMinimalLength) }
            headerBytes = 10
        }

        var mask: UInt32 = 0
        if isMasked {
            guard available >= headerBytes + 4 else { return .incomplete }
            let keyOffset = start + headerBytes
            mask = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: keyOffset, as: UInt32.self))
            headerBytes += 4
        }
        return .header(
            FrameHeader(
                opcode: opcode, isFinal: isFinal, headerBytes: headerBytes, payloadBytes: payloadBytes, mask: mask))
    }

    /// Bytes of the frame if they are all among the `available` ones that start with it.
    @inline(__always)
    func frameBytes(within available: Int) -> Int? {
        guard payloadBytes <= UInt64(available - headerBytes) else { return nil }
        return headerBytes + Int(payloadBytes)
    }
}
