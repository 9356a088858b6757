import NIOCore
import Testing
import WebSocketCodec

@Suite("MessageCounter")
struct MessageCounterTests {
    private static let vectors: [(bytes: [UInt8], messages: Int)] = [
        ([0x81, 0x02, 0x68, 0x69], 1),
        ([0xC1, 0x02, 0x68, 0x69, 0x82, 0x00], 2),
        ([0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6B], 1),
        ([0x01, 0x01, 0x61, 0x00, 0x01, 0x62, 0x80, 0x01, 0x63], 1),
        ([0x89, 0x01, 0x61, 0x8A, 0x00, 0x88, 0x02, 0x03, 0xE8], 0),
        ([0x82, 126, 0x01, 0x00] + [UInt8](repeating: 0x81, count: 256) + [0x81, 0x00], 2),
        ([0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 9, 9, 9, 9] + [UInt8](repeating: 0x81, count: 65_536), 1),
        ([0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x00], 1),
        ([0x81], 0), ([], 0),
    ]

    @Test("counts messages, whole and byte by byte", arguments: vectors)
    func counts(bytes: [UInt8], messages: Int) {
        var whole = MessageCounter()
        whole.receive(ByteBuffer(bytes: bytes))
        #expect(whole.messages == messages)
        var cut = MessageCounter()
        for byte in bytes { cut.receive(ByteBuffer(bytes: [byte])) }
        #expect(cut.messages == messages)
    }
}
