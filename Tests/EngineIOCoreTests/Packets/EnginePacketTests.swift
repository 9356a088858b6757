import EngineIOCore
import LosslessJSON
import NIOCore
import Testing

@Suite("EnginePacket")
struct EnginePacketTests {
    private static let vectors = EngineVector.all("engine-packets.json")

    private func decode(_ vector: EngineVector) throws -> Result<EnginePacket, EngineIOError> {
        let wire = try #require(vector.bytes("wire"))
        let kind: EngineMessage.Kind = vector.json["kind"]?.string == "binary" ? .binary : .text
        return Result { () throws(EngineIOError) in try EnginePacket(webSocket: kind, wire, frames: nil) }
    }

    @Test("decodes each vector", arguments: vectors)
    func decodes(vector: EngineVector) throws {
        let actual = try decode(vector)
        if let error = vector.error {
            #expect(actual == .failure(error))
        } else {
            let packet = try #require(vector.json["packet"].flatMap(vector.packet))
            #expect(actual == .success(packet))
        }
    }

    @Test("writes each packet as the message it was read from", arguments: vectors.filter { $0.error == nil })
    func encodes(vector: EngineVector) throws {
        let packet = try decode(vector).get()
        let message = packet.webSocketMessage
        #expect(message.payload == vector.bytes("again") ?? vector.bytes("wire"))
        let isBinary = if case .message(let message) = packet { message.kind == .binary } else { false }
        #expect((message.kind == .binary) == isBinary)
    }

    @Test("keeps the frames of a message, and shares its bytes")
    func keepsFrames() throws {
        let frames = ByteBuffer(string: "frames")
        let payload = ByteBuffer(string: "4" + String(repeating: "x", count: 100))
        let text = try EnginePacket(webSocket: .text, payload, frames: frames)
        let binary = try EnginePacket(webSocket: .binary, payload, frames: frames)
        guard case .message(let message) = text, case .message(let binaryMessage) = binary else {
            Issue.record("no message")
            return
        }
        #expect(message.frames == frames)
        #expect(binaryMessage.frames == frames)
        let start = payload.withUnsafeReadableBytes { $0.baseAddress }
        #expect(message.bytes.withUnsafeReadableBytes { $0.baseAddress } == start.map { $0 + 1 })
    }

    @Test("does not keep the frames of a binary message that came as base64")
    func dropsFramesOfBase64() throws {
        let packet = try EnginePacket(
            webSocket: .text, ByteBuffer(string: "bAQID"), frames: ByteBuffer(string: "frames"))
        guard case .message(let message) = packet else {
            Issue.record("no message")
            return
        }
        #expect(message.kind == .binary)
        #expect(message.frames == nil)
    }

    @Test(
        "knows revision 4 by its parameter alone",
        arguments: [("4", EngineVersion.four), ("3", nil), ("04", nil), ("", nil), ("abc", nil), ("4 ", nil)])
    func version(parameter: String, expected: EngineVersion?) {
        #expect(EngineVersion(parameter: parameter) == expected)
        #expect(expected == nil || expected?.parameter == parameter)
    }
}
