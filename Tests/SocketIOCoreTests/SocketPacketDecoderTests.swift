import EngineIOCore
import NIOCore
import SocketIOCore
import Testing

@Suite("SocketPacketDecoder")
struct SocketPacketDecoderTests {
    private static let attachmentLimit = 20

    private var decoder = SocketPacketDecoder(attachmentLimit: attachmentLimit, attachmentBytesLimit: 10)

    @Test("has vectors to read")
    func hasVectors() {
        #expect(PacketVector.all.count > 60)
        #expect(Set(PacketVector.all.map(\.name)).count == PacketVector.all.count)
    }

    @Test("decodes each vector", arguments: PacketVector.all)
    func decodes(vector: PacketVector) throws {
        var decoder = SocketPacketDecoder(attachmentLimit: Self.attachmentLimit, attachmentBytesLimit: 1000)
        let actual = Result { () throws(SocketIOError) in
            var packet: SocketPacket?
            for message in vector.wire {
                #expect(packet == nil, "a packet is whole only with its last attachment")
                packet = try decoder.receive(message)
            }
            return packet
        }
        #expect(actual.map { $0.map(PacketVector.Packet.init) } == vector.expected.map(Optional.some))
        #expect(decoder.takeUnfinished().isEmpty)
        if case .success(let packet?) = actual { #expect(packet.messages == vector.wire) }
    }

    @Test("takes a text that was cut at any byte", arguments: PacketVector.all)
    func survivesCuts(vector: PacketVector) throws {
        let text = try #require(vector.wire.first).bytes
        for length in 0..<text.readableBytes {
            let cut = try #require(text.getSlice(at: text.readerIndex, length: length))
            var decoder = SocketPacketDecoder(attachmentLimit: Self.attachmentLimit, attachmentBytesLimit: 1000)
            guard let packet = try? decoder.receive(EngineMessage(.text, cut)) else { continue }
            #expect(packet.payload.readableBytes == length - packet.envelope.payloadOffset)
            _ = (packet.eventName, packet.namespace, packet.ackID)
        }
    }

    @Test("writes the packet as it was read", arguments: PacketVector.all.filter(\.isRewritten))
    func writes(vector: PacketVector) throws {
        var decoder = SocketPacketDecoder(attachmentLimit: Self.attachmentLimit, attachmentBytesLimit: 1000)
        var decoded: SocketPacket?
        for message in vector.wire { decoded = try decoder.receive(message) }
        let packet = try #require(decoded)
        let made = SocketPacket(
            kind: packet.kind, namespace: packet.namespace, ackID: packet.ackID,
            payload: packet.payload.readableBytesView, attachments: packet.attachments.map(\.bytes))
        #expect(made == packet)
    }

    @Test("refuses text while attachments are missing, and gives back what came")
    mutating func refusesInterleavedText() throws {
        let wire: [EngineMessage] = [.text(#"52-["f"]"#), .binary([1])]
        for message in wire { #expect(try decoder.receive(message) == nil) }
        #expect(throws: SocketIOError(.missingAttachments, at: 0)) { try decoder.receive(.text(#"2["x"]"#)) }
        #expect(decoder.takeUnfinished() == wire)
        #expect(try decoder.receive(.text(#"2["x"]"#))?.eventName == "x")
    }

    @Test("refuses a binary message that nothing announced", arguments: ["", #"2["a"]"#, #"50-["m"]"#])
    func refusesUnannounced(before: String) throws {
        var decoder = SocketPacketDecoder(attachmentLimit: 1, attachmentBytesLimit: 10)
        if !before.isEmpty { #expect(try decoder.receive(.text(before)) != nil) }
        #expect(throws: SocketIOError(.unexpectedAttachment, at: 0)) { try decoder.receive(.binary([1])) }
        #expect(try decoder.receive(.text(#"2["x"]"#))?.eventName == "x")
    }

    @Test("takes attachments of as many bytes as the limit and none more")
    mutating func limitsAttachmentBytes() throws {
        let full: [EngineMessage] = [
            .binary([UInt8](repeating: 0, count: 4)), .binary([UInt8](repeating: 0, count: 6)),
        ]
        #expect(try decoder.receive(.text(#"52-["f"]"#)) == nil)
        #expect(try decoder.receive(full[0]) == nil)
        #expect(try decoder.receive(full[1])?.attachments == full)
        #expect(try decoder.receive(.text(#"52-["f"]"#)) == nil)
        #expect(try decoder.receive(full[0]) == nil)
        #expect(throws: SocketIOError(.attachmentsTooLarge, at: 0)) {
            try decoder.receive(.binary([UInt8](repeating: 0, count: 7)))
        }
        #expect(decoder.takeUnfinished() == [.text(#"52-["f"]"#), full[0]])
    }
}
