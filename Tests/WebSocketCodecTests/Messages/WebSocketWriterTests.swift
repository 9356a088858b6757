import NIOCore
import Testing
import WebSocketCodec

@Suite("WebSocketWriter")
struct WebSocketWriterTests {
    /// Pings are only read here.
    private static let vectors = WebSocketVector.all.filter { vector in
        guard vector.reencode == true else { return false }
        return !vector.expectedInputs.contains { if case .ping = $0 { true } else { false } }
    }

    @Test("writes what was read from a vector to the same bytes", arguments: vectors)
    func reencodes(vector: WebSocketVector) {
        var wire = ByteBuffer()
        for input in vector.expectedInputs {
            switch input {
            case .message(let kind, let payload, _):
                WebSocketWriter.writeMessage(kind, payload, mask: vector.maskKey, into: &wire)
            case .ping: Issue.record("a ping cannot be written")
            case .pong(let payload): WebSocketWriter.writePong(payload, mask: vector.maskKey, into: &wire)
            case .close(let code, let reason):
                WebSocketWriter.writeClose(
                    code: code, reason: String(buffer: reason), mask: vector.maskKey, into: &wire)
            }
        }
        #expect(wire == ByteBuffer(bytes: vector.bytes))
    }

    @Test("has vectors to write")
    func hasVectors() { #expect(Self.vectors.count > 30) }

    @Test("puts a prefix before the payload", arguments: [0, 1, 7, 8, 124, 125, 126, 65_534, 65_535])
    func writesPrefix(count: Int) {
        let rest = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0) })
        var whole = ByteBuffer(string: "4")
        whole.writeImmutableBuffer(rest)
        for mask in [nil, 0x0102_0304] as [UInt32?] {
            var expected = ByteBuffer()
            WebSocketWriter.writeMessage(.text, whole, mask: mask, into: &expected)
            var wire = ByteBuffer()
            WebSocketWriter.writeMessage(.text, prefix: UInt8(ascii: "4"), rest, mask: mask, into: &wire)
            #expect(wire == expected)
        }
    }

    @Test("appends to what stands in the buffer")
    func appends() {
        var wire = ByteBuffer(string: "ab")
        WebSocketWriter.writePong(ByteBuffer(), mask: nil, into: &wire)
        WebSocketWriter.writePong(ByteBuffer(string: "x"), mask: nil, into: &wire)
        #expect(wire == ByteBuffer(bytes: [0x61, 0x62, 0x8A, 0, 0x8A, 1, 0x78]))
    }

    @Test(
        "writes an empty close frame for a code that may not be sent",
        arguments: [nil, 0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535] as [UInt16?])
    func writesEmptyClose(code: UInt16?) {
        var wire = ByteBuffer()
        WebSocketWriter.writeClose(code: code, reason: "why", mask: nil, into: &wire)
        #expect(wire == ByteBuffer(bytes: [0x88, 0]))
    }

    @Test("cuts a long reason before the character that crosses 123 bytes")
    func cutsReason() throws {
        let start = String(repeating: "r", count: 121)
        for (reason, kept) in [(start + "éé", start + "é"), (start + "€", start), (start + "abc", start + "ab")] {
            var wire = ByteBuffer()
            WebSocketWriter.writeClose(code: 1000, reason: reason, mask: nil, into: &wire)
            var reader = WebSocketReader(role: .client, messageBytesLimit: 0, fragmentsLimit: 1)
            reader.append(wire)
            #expect(try reader.next() == .close(code: 1000, reason: ByteBuffer(string: kept)))
        }
    }
}
