import EngineIOCore
import NIOCore
import SocketIOCore
import Testing

@testable import SocketIOClient

@Suite("PacketReader")
struct PacketReaderTests {
    /// The texts of the packets, a fault as its code in its sentence, and what a lost ack answered.
    private func read(_ messages: [EngineMessage]) -> [String] {
        var limits = ClientLimits()
        limits.attachmentsPerPacket = 2
        limits.messageBytes = 10
        var reader = PacketReader(limits)
        var read: [String] = []
        for message in messages {
            var isRead = false
            while !isRead {
                isRead = true
                do throws(PacketReader.Fault) {
                    if let packet = try reader.read(message) { read.append(String(buffer: packet.text.bytes)) }
                } catch {
                    let code = Self.codes.first { error.error.message.contains($0) } ?? error.error.message
                    let ack = error.ack.map { " ack \($0.namespace) \($0.id)" }
                    let other = error.namespace.flatMap { $0 == "/" ? nil : " of \($0)" }
                    read.append("! \(code)" + (ack ?? other ?? ""))
                    isRead = !error.isOfPacketBefore
                }
            }
        }
        return read
    }

    private static let codes = [
        "unknownKind", "unexpectedAttachment", "tooManyAttachments", "missingAttachments", "attachmentsTooLarge",
    ]

    private static let one = #"51-["x",{"_placeholder":true,"num":0}]"#

    @Test(
        "leaves out what cannot be read, and its attachments",
        arguments: [
            ([.text(#"2["x"]"#), .text("9"), .text(#"2["y"]"#)], [#"2["x"]"#, "! unknownKind", #"2["y"]"#]),
            ([.text(one), .binary([1]), .text("2[]")], [one, "2[]"]),
            ([.binary([1]), .binary([2]), .text("2[]")], ["! unexpectedAttachment", "2[]"]),
            ([.text("53-[]"), .binary([1]), .binary([2]), .text("2[]")], ["! tooManyAttachments", "2[]"]),
            ([.text(one), .text(#"2["y"]"#)], ["! missingAttachments", #"2["y"]"#]),
            ([.text(one), .text("9"), .text("2[]")], ["! missingAttachments", "! unknownKind", "2[]"]),
            ([.text(one), .binary(Array(repeating: 0, count: 11)), .text("2[]")], ["! attachmentsTooLarge", "2[]"]),
        ] as [([EngineMessage], [String])])
    func faults(messages: [EngineMessage], expected: [String]) {
        #expect(read(messages) == expected)
    }

    @Test(
        "says what an ack answers that was left out, and whose a packet was",
        arguments: [
            ([.text("63-5[]")], ["! tooManyAttachments ack / 5"]),
            ([.text("699999999999999999999999-/chat,5[]")], ["! tooManyAttachments ack /chat 5"]),
            ([.text("61-5[]"), .text("2[]")], ["! missingAttachments ack / 5", "2[]"]),
            ([.text("61-5[]"), .binary(Array(repeating: 0, count: 11))], ["! attachmentsTooLarge ack / 5"]),
            ([.text("63-[]")], ["! tooManyAttachments"]), ([.text("6-x")], ["6-x"]),
            ([.text("53-/chat,[]")], ["! tooManyAttachments of /chat"]),
        ] as [([EngineMessage], [String])])
    func acks(messages: [EngineMessage], expected: [String]) {
        #expect(read(messages) == expected)
    }
}
