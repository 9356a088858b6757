import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCapture
import SiphonCore
import SocketIOCore
import Testing

@Suite("Marks of a record")
struct MarksTests {
    private static func marked(_ record: EventRecord, _ marks: [String]) -> EventRecord {
        var record = record
        record.marks = marks
        return record
    }

    private static let marks = ["suspicious", "", "größe", "a b"]

    @Test("come back with all that the record holds besides", arguments: [0, 40, 300])
    func comeBack(payload: Int) throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.chunkBytes = 1024
                $0.sharedPayloadBytes = 200
            })
        let text = "2/n,7[\"f\",\"" + String(repeating: "x", count: payload) + "\"]"
        let attachments = [[1, 2], [UInt8](repeating: 9, count: payload)]
        let binary = text.replacing("2/n", with: "52-/n", maxReplacements: 1)
        for attached in [[], attachments] {
            for rules in [[], [RuleID(1), RuleID(2)]] {
                for original in [nil, try SocketPacket("2[\"g\"]"), try SocketPacket("51-[\"g\"]", attachments: [[7]])]
                {
                    var record = try EventRecord.packet(attached.isEmpty ? text : binary, attachments: attached)
                    record.rules = rules
                    record.original = original
                    record.marks = Self.marks
                    let event = try #require(capture.take(record))
                    #expect(event.marks == Self.marks)
                    #expect(event.rules == rules)
                    #expect(event.withRaw { Array($0) } == Array((attached.isEmpty ? text : binary).utf8))
                    #expect(event.attachments.indices.map { event.attachmentBytes($0) } == attached)
                    #expect(event.wantsAck)
                    let json = try event.json(detailed: true)
                    #expect(json["marks"]?.text == #"["suspicious","","größe","a b"]"#)
                    #expect(json["original"]?["raw"]?.string == original.map { String(buffer: $0.text.bytes) })
                }
            }
        }
    }

    @Test("come with messages and lists too")
    func comeWithOthers() throws {
        let capture = Capture()
        #expect(capture.take(Self.marked(.opaque(.text("x")), ["a"]))?.marks == ["a"])
        #expect(capture.take(Self.marked(.list(.close), ["a"]))?.marks == ["a"])
    }

    @Test("take no memory where there are none, and are counted where there are")
    func areCounted() throws {
        func memory(_ marks: [String]) throws -> Int {
            let capture = Capture()
            capture.take(Self.marked(try .packet("2[\"abcdefgh\"]"), marks))
            return capture.memoryBytes
        }
        let plain = Capture()
        let recorder = plain.makeRecorder()
        let context = EventContext(
            connection: ConnectionID(1), from: .client, transport: .webSocket,
            at: Moment(monotonic: .uptimeNanoseconds(0), wall: 0))
        recorder.recordForwarded(try SocketPacket("2[\"abcdefgh\"]"), context: context)
        recorder.flush()
        plain.drain()
        #expect(try memory([]) == plain.memoryBytes)
        #expect(try memory([String(repeating: "m", count: 100)]) >= plain.memoryBytes + 100)
    }

    @Test("are left out where they are longer than 256 bytes, or more than 4096 in all")
    func areBounded() throws {
        let capture = Capture()
        let longest = String(repeating: "m", count: 256)
        let record = try EventRecord.packet("2[\"a\"]")
        #expect(capture.take(Self.marked(record, [longest, longest + "m", "a"]))?.marks == [longest, "a"])
        let many = (10..<40).map { "\($0)" + longest.dropFirst(2) }
        #expect(capture.take(Self.marked(record, many))?.marks == Array(many.prefix(15)))
    }
}
