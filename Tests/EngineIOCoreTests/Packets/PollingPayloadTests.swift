import EngineIOCore
import LosslessJSON
import NIOCore
import Testing

@testable import struct EngineIOCore.PollingPayloadReader

@Suite("PollingPayload")
struct PollingPayloadTests {
    private static let vectors = EngineVector.all("engine-payloads.json")

    /// The packets before the end or the error, and the error.
    private func read(_ body: ByteBuffer, packetLimit: Int = 100) -> ([EnginePacket], EngineIOError?) {
        var reader = PollingPayloadReader(body, packetLimit: packetLimit)
        var packets: [EnginePacket] = []
        do throws(EngineIOError) {
            while let packet = try reader.next() { packets.append(packet) }
            return (packets, nil)
        } catch {
            return (packets, error)
        }
    }

    private func packets(_ vector: EngineVector) throws -> [EnginePacket] {
        try #require(vector.json["packets"]?.elements).map { try #require(vector.packet($0)) }
    }

    @Test("decodes each vector, and all packets before a bad one", arguments: vectors)
    func decodes(vector: EngineVector) throws {
        let body = try #require(vector.bytes("body"))
        let limit = vector.json["packetLimit"]?.int ?? 100
        let (packets, error) = read(body, packetLimit: limit)
        #expect(packets == (try self.packets(vector)))
        #expect(error == vector.error)
    }

    @Test("writes what it read", arguments: vectors.filter { $0.error == nil })
    func encodes(vector: EngineVector) throws {
        #expect(PollingPayload.encode(try packets(vector)) == vector.bytes("again") ?? vector.bytes("body"))
    }

    @Test("offsets count from the start of the body, wherever that is in its buffer")
    func offsets() {
        var body = ByteBuffer(string: "xxx4a\u{1E}7")
        body.moveReaderIndex(forwardBy: 3)
        #expect(read(body).1 == EngineIOError(.unknownPacketType, at: 3))
    }

    @Test("a body that is cut anywhere gives the packets that are whole", arguments: vectors)
    func cut(vector: EngineVector) throws {
        let body = try #require(vector.bytes("body"))
        let expected = try packets(vector)
        for length in 0..<body.readableBytes {
            let part = try #require(body.getSlice(at: body.readerIndex, length: length))
            let separators = part.readableBytesView.count { $0 == 0x1E }
            let packets = read(part).0
            #expect(packets.count <= separators + 1)
            #expect(packets.prefix(separators) == expected.prefix(min(separators, packets.count)))
        }
    }
}
