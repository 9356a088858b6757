import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@Suite("SocketPacket")
struct SocketPacketTests {
    @Test("is binary where there are attachments and never without")
    func choosesKind() {
        let one = [ByteBuffer(bytes: [1])]
        #expect(String(buffer: SocketPacket(kind: .event, json: ["a"], attachments: one).text.bytes) == #"51-["a"]"#)
        #expect(String(buffer: SocketPacket(kind: .binaryEvent, json: ["a"]).text.bytes) == #"2["a"]"#)
        #expect(String(buffer: SocketPacket(kind: .ack, ackID: "3", json: [], attachments: one).text.bytes) == "61-3[]")
        #expect(String(buffer: SocketPacket(kind: .binaryAck, ackID: "3", json: []).text.bytes) == "33[]")
    }

    @Test("counts the bytes of the text and of all attachments")
    func countsBytes() {
        let packet = SocketPacket(kind: .event, json: ["a"], attachments: [ByteBuffer(bytes: [1, 2]), ByteBuffer()])
        #expect(packet.sizeBytes == #"52-["a"]"#.utf8.count + 2)
    }

    @Test(
        "wants an ack only as an event with an id",
        arguments: [(#"27["a"]"#, true), (#"2["a"]"#, false), ("37[]", false), (#"51-7["a"]"#, true)])
    func wantsAck(text: String, expected: Bool) throws {
        var decoder = SocketPacketDecoder(attachmentLimit: 1, attachmentBytesLimit: 1)
        var packet = try decoder.receive(.text(text))
        if packet == nil { packet = try decoder.receive(.binary([])) }
        #expect(packet?.wantsAck == expected)
    }

    @Test("reads bytes that are no UTF-8 without a trap")
    func survivesBrokenText() throws {
        var decoder = SocketPacketDecoder(attachmentLimit: 1, attachmentBytesLimit: 1)
        let bytes: [UInt8] = Array("2/\u{0}".utf8) + [0xFF, 0x2C] + Array("[\"".utf8) + [0x80, 0x5C, 0x75, 0x22]
        let packet = try #require(try decoder.receive(EngineMessage(.text, ByteBuffer(bytes: bytes))))
        #expect(packet.namespace == "/\u{0}\u{FFFD}")
        #expect(packet.eventName == "\u{FFFD}\u{FFFD}")
    }
}
