package import NIOCore

/// Writes frames (RFC 6455, section 5.2), each at the end of a buffer. Messages are never fragmented.
///
/// `mask` is nil in the server role; in the client role it is a new unpredictable key for each frame.
package enum WebSocketWriter {
    /// Writes a message as one frame: `prefix`, if there is one, then `payload`. A text message must be UTF-8.
    package static func writeMessage(
        _ kind: WebSocketMessageKind, prefix: UInt8? = nil, _ payload: ByteBuffer, mask: UInt32?,
        into buffer: inout ByteBuffer
    ) {
        let opcode = kind == .text ? FrameOpcode.text : .binary
        payload.withUnsafeReadableBytes { write(opcode, prefix: prefix, $0, mask: mask, into: &buffer) }
    }

    /// `payload` is the ping's: at most 125 bytes.
    package static func writePong(_ payload: ByteBuffer, mask: UInt32?, into buffer: inout ByteBuffer) {
        writeControl(.pong, payload, mask: mask, into: &buffer)
    }

    /// Writes a close frame, empty for no code and for one that may not stand on the wire (1005, 1006, 1015 and the
    /// unassigned ones). A reason of more than 123 bytes is cut before the character that crosses them.
    package static func writeClose(
        code: UInt16?, reason: String = "", mask: UInt32?, into buffer: inout ByteBuffer
    ) {
        var payload = ByteBuffer()
        if let code, WebSocketCloseCode.isSendable(code) {
            payload.writeInteger(code)
            for scalar in reason.unicodeScalars {
                let bytes = String(scalar).utf8
                guard payload.readableBytes + bytes.count <= FrameHeader.largestControlPayloadBytes else { break }
                payload.writeBytes(bytes)
            }
        }
        writeControl(.close, payload, mask: mask, into: &buffer)
    }

    private static func writeControl(
        _ opcode: FrameOpcode, _ payload: ByteBuffer, mask: UInt32?, into buffer: inout ByteBuffer
    ) {
        precondition(
            payload.readableBytes <= FrameHeader.largestControlPayloadBytes,
            "the payload of a control frame has at most 125 bytes")
        payload.withUnsafeReadableBytes { write(opcode, prefix: nil, $0, mask: mask, into: &buffer) }
    }

    @inline(__always)
    private static func write(
        _ opcode: FrameOpcode, prefix: UInt8?, _ payload: UnsafeRawBufferPointer, mask: UInt32?,
        into buffer: inout ByteBuffer
    ) {
        let prefixBytes = prefix == nil ? 0 : 1
        let payloadBytes = prefixBytes + payload.count
        let room = FrameHeader.largestHeaderBytes + payloadBytes
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            guard var end = target.baseAddress else { return 0 }
            let start = end
            writeHeader(opcode, payloadBytes: payloadBytes, isMasked: mask != nil, at: &end)
            if let mask {
                end.storeBytes(of: mask.bigEndian, as: UInt32.self)
                end += 4
            }
            if let prefix {
                end.storeBytes(of: prefix ^ UInt8(truncatingIfNeeded: (mask ?? 0) >> 24), as: UInt8.self)
                end += 1
            }
            if let mask {
                WebSocketMask.apply(mask, phase: prefixBytes, from: payload, to: end)
            } else if let source = payload.baseAddress {
                end.copyMemory(from: source, byteCount: payload.count)
            }
            return end + payload.count - start
        }
    }

    @inline(__always)
    private static func writeHeader(
        _ opcode: FrameOpcode, payloadBytes: Int, isMasked: Bool, at end: inout UnsafeMutableRawPointer
    ) {
        let maskBit: UInt8 = isMasked ? 0x80 : 0
        end.storeBytes(of: 0x80 | opcode.rawValue, as: UInt8.self)
        switch payloadBytes {
        case ...125:
            end.storeBytes(of: maskBit | UInt8(payloadBytes), toByteOffset: 1, as: UInt8.self)
            end += 2
        case ...0xFFFF:
            end.storeBytes(of: maskBit | 126, toByteOffset: 1, as: UInt8.self)
            end.storeBytes(of: UInt16(payloadBytes).bigEndian, toByteOffset: 2, as: UInt16.self)
            end += 4
        default:
            end.storeBytes(of: maskBit | 127, toByteOffset: 1, as: UInt8.self)
            end.storeBytes(of: UInt64(payloadBytes).bigEndian, toByteOffset: 2, as: UInt64.self)
            end += 10
        }
    }
}
