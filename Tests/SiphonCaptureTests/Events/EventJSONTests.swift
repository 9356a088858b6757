import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCapture
import SiphonCore
import SocketIOCore
import Testing

/// A packet's text and members that its event must have.
struct ShapeVector: CustomTestStringConvertible, Sendable {
    let name: String
    let text: String
    var attachments: [[UInt8]] = []
    /// One JSON object.
    let members: String
    var testDescription: String { name }

    static let all: [ShapeVector] = [
        .init(
            name: "an event", text: #"2["chat",{"n":1.0},null]"#,
            members:
                #"{"kind":"event","namespace":"/","name":"chat","args":[{"n":1.0},null],"ackId":null,"wantsAck":false,"ack":null,"sizeBytes":24}"#
        ),
        .init(
            name: "escapes and spaces stay", text: #"2/a b,["a\u0062\n" , "\u00e9" , 1e3,{"b" : 2,"a":-0} ]"#,
            members:
                #"{"namespace":"/a b","name":"ab\n","args":["\u00e9",1e3,{"b":2,"a":-0}]}"#),
        .init(
            name: "an ack id of 15 digits", text: #"2123456789012345["a"]"#,
            members: #"{"ackId":123456789012345,"wantsAck":true}"#),
        .init(
            name: "an ack id of 16 digits", text: #"21234567890123456["a"]"#, members: #"{"ackId":"1234567890123456"}"#),
        .init(name: "an ack id with zeros in front", text: #"2007["a"]"#, members: #"{"ackId":"007"}"#),
        .init(name: "ack id 0", text: #"20["a"]"#, members: #"{"ackId":0}"#),
        .init(
            name: "an ack", text: #"3/n,4[1,"a"]"#,
            members:
                #"{"kind":"ack","namespace":"/n","name":null,"args":[1,"a"],"ackId":4,"wantsAck":false,"answers":null}"#
        ),
        .init(name: "an ack without a list", text: "34", members: #"{"args":[]}"#),
        .init(
            name: "connect with auth", text: #"0/n,{"token":"t"}"#,
            members: #"{"kind":"connect","name":null,"args":[{"token":"t"}]}"#),
        .init(name: "connect without payload", text: "0/n,", members: #"{"namespace":"/n","args":[]}"#),
        .init(
            name: "connect error", text: #"4{"message":"no"}"#,
            members: #"{"kind":"connect_error","args":[{"message":"no"}]}"#),
        .init(name: "disconnect", text: "1/n,", members: #"{"kind":"disconnect","namespace":"/n","args":[]}"#),
        .init(
            name: "a name that is a number stays an argument", text: "2[5,6]", members: #"{"name":null,"args":[5,6]}"#),
        .init(name: "JSON that is no list", text: #"2{"a":1}"#, members: #"{"name":null,"args":[{"a":1}]}"#),
        .init(name: "broken JSON is a string", text: #"2["a",{]"#, members: #"{"name":"a","args":["[\"a\",{]"]}"#),
        .init(name: "an empty list", text: "2[]", members: #"{"name":null,"args":[]}"#),
        .init(
            name: "a placeholder in a text event stays", text: #"2["a",{"_placeholder":true,"num":0}]"#,
            members:
                #"{"args":[{"_placeholder":true,"num":0}],"attachments":[]}"#),
        .init(
            name: "a binary event",
            text: #"52-["f",{"x":[{"_placeholder":true,"num":1}]},{"num":0,"_placeholder":true}]"#,
            attachments: [[1, 2, 3], [4]],
            members:
                #"{"kind":"event","args":[{"x":[{"$binary":{"attachment":1}}]},{"$binary":{"attachment":0}}],"attachments":[{"index":0,"sizeBytes":3},{"index":1,"sizeBytes":1}],"sizeBytes":80}"#
        ),
        .init(
            name: "placeholders of no attachment stay",
            text: #"51-["f",{"_placeholder":true,"num":1},{"_placeholder":1,"num":0},{"_placeholder":true}]"#,
            attachments: [[1]],
            members:
                #"{"args":[{"_placeholder":true,"num":1},{"_placeholder":1,"num":0},{"_placeholder":true}]}"#),
        .init(
            name: "a binary ack", text: #"61-7[{"_placeholder":true,"num":0}]"#, attachments: [[9]],
            members:
                #"{"kind":"ack","ackId":7,"args":[{"$binary":{"attachment":0}}]}"#),
    ]
}

/// Texts that a page of events must survive.
private let hostilePayloads: [[UInt8]] = [
    Array("2[\"a\",\"".utf8) + [0xFF, 0xC0, 0x80] + Array("\"]".utf8),
    Array("2/".utf8) + [0xFF, 0x22, 0x0A] + Array(",[\"a\"]".utf8),
    Array("2[\"".utf8) + [0xED, 0xA0, 0x80, 0x00, 0x1F] + Array("\",1]".utf8),
    Array(#"2["\ud800\","x"]"#.utf8),
    Array(#"2["\ud800",1]"#.utf8),
    Array(#"2["\u12"]"#.utf8),
    Array("2[\"a\",\n{\"b\"\r\n:1}]".utf8),
    Array("2[\"a\nb\"]".utf8),
    Array("2[\"a\",NaN,Infinity,01,+1,.5]".utf8),
    Array("2[\"a\",1]]".utf8),
    Array("2[\"a\",1,]".utf8),
    Array(("2" + String(repeating: "[", count: 100_000)).utf8),
    Array(("2" + String(repeating: "[", count: 600) + String(repeating: "]", count: 600)).utf8),
    Array("51-[\"a\",{\"_placeholder\":true,\"num\":99999999999999999999}]".utf8),
    Array("2".utf8), Array("2/".utf8), Array("2\"".utf8), Array("2[".utf8), Array("2[\"".utf8),
    Array("299999999999999999999999999[\"a\"]".utf8),
    Array("2\u{2028}</script><!--".utf8),
]

@Suite("The JSON of an event")
struct EventJSONTests {
    @Test("has the members and the order of the contract's example")
    func followsContract() throws {
        let capture = Capture()
        capture.take(try (1...41).map { try EventRecord.packet("2[\"filler\(0 * $0)\"]") })
        var record = try EventRecord.packet(
            #"51-12["chat",{"text":"hi","n":1.0},{"_placeholder":true,"num":0}]"#,
            attachments: [[UInt8](repeating: 7, count: 512)], connection: 7, time: 1_795_341_600_123_456_789,
            verdicts: [.modified, .forwarded])
        record.rules = [RuleID(1)]
        record.original = try SocketPacket(
            #"51-12["chat",{"text":"ho","n":1.0},{"_placeholder":true,"num":0}]"#,
            attachments: [[UInt8](repeating: 7, count: 512)])
        let ack = try EventRecord.packet(
            "312[]", from: .upstream, connection: 7, time: 1_795_341_600_123_456_789 + 1_900_000)
        capture.take([record, ack])
        let expected = """
            {"id": "e42", "connection": "c7", "time": "2026-11-22T10:00:00.123456789Z", "from": "client",
             "kind": "event", "namespace": "/", "name": "chat",
             "args": [{"text": "hi", "n": 1.0}, {"$binary": {"attachment": 0}}], "ackId": 12, "wantsAck": true,
             "ack": {"event": "e43", "latencyMilliseconds": 1.9}, "verdict": ["modified", "forwarded"],
             "rules": ["r1"], "original": {"args": [{"text": "ho", "n": 1.0}, {"$binary": {"attachment": 0}}]},
             "sizeBytes": 577, "transport": "websocket", "parser": "json",
             "attachments": [{"index": 0, "sizeBytes": 512}], "injected": false, "marks": []}
            """
        #expect(try capture.event(EventID(42))?.json() == JSONValue(parsing: expected))
        #expect(try capture.event(EventID(43))?.json()["answers"] == "e42")
    }

    @Test("reads each kind of packet", arguments: ShapeVector.all)
    func readsKinds(vector: ShapeVector) throws {
        let event = try #require(Capture().take(.packet(vector.text, attachments: vector.attachments)))
        let json = try event.json()
        let expected = try JSONValue(parsing: vector.members)
        for member in expected.members ?? [] { #expect(json[member.key.value] == member.value) }
        #expect(event.name == json["name"]?.string)
        #expect(event.namespace == json["namespace"]?.string)
    }

    @Test("is one line of valid JSON whatever the peer sent", arguments: hostilePayloads)
    func survivesHostilePayloads(bytes: [UInt8]) throws {
        for kind in EventKind.allCases {
            var record = EventRecord.packet(try SocketPacket(bytes))
            record.kind = kind
            record.original = try SocketPacket("2[\"a\"]")
            let event = try #require(Capture().take(record))
            var writer = JSONWriter()
            event.write(into: &writer, detailed: true)
            #expect(throws: Never.self) { try JSONValue(parsing: writer.bytes) }
            #expect(!writer.bytes.contains(0x0A) && !writer.bytes.contains(0x0D))
        }
    }

    @Test(
        "shows what happened to a connection", arguments: [EventKind.open, .close, .upgrade, .ping, .pong, .handshake])
    func showsLifecycle(kind: EventKind) throws {
        let event = try #require(Capture().take(.list(kind, #"[{"reason":"transport close"}]"#)))
        let json = try event.json(detailed: true)
        #expect(json["kind"]?.string == kind.word)
        #expect(json["name"] == .null)
        #expect(json["args"]?.text == #"[{"reason":"transport close"}]"#)
        #expect(json["sizeBytes"] == 0)
        #expect(json["raw"] == .null)
        #expect(json["verdict"] == [])
        #expect(event.withPayload { String(decoding: $0, as: UTF8.self) } == #"[{"reason":"transport close"}]"#)
    }

    @Test("shows a message that is no packet by its bytes alone")
    func showsOpaque() throws {
        let capture = Capture()
        let text = try #require(capture.take(.opaque(.text("9?"))))
        let binary = try #require(capture.take(.opaque(.binary([0, 255, 16, 1]))))
        #expect(try text.json()["args"] == [])
        #expect(try text.json(detailed: true)["raw"] == "9?")
        #expect(try text.json(detailed: true)["rawEncoding"] == "text")
        #expect(try binary.json(detailed: true)["raw"] == "AP8QAQ==")
        #expect(try binary.json(detailed: true)["rawEncoding"] == "base64")
        #expect(try binary.json()["sizeBytes"] == 4)
        #expect(binary.withPayload(\.count) == 0)
    }

    @Test(
        "gives raw text that is no UTF-8 as base64",
        arguments: [
            ([UInt8](), "Mg=="), ([0xFF], "Mv8="), ([0xFF, 0xFE], "Mv/+"), ([0xFF, 0xFE, 0xFD], "Mv/+/Q=="),
        ])
    func encodesRaw(tail: [UInt8], expected: String) throws {
        let event = try #require(Capture().take(.packet(SocketPacket([0x32] + tail))))
        let json = try event.json(detailed: true)
        #expect(json["raw"]?.string == (tail.isEmpty ? "2" : expected))
        #expect(json["rawEncoding"]?.string == (tail.isEmpty ? "text" : "base64"))
    }

    @Test(
        "keeps in original what differs and nothing else",
        arguments: [
            (#"2["a",1]"#, #"2["a", 1]"#, #"{"sizeBytes":9}"#),
            (#"2["a",1]"#, #"2["a",2]"#, #"{"args":[2]}"#),
            (#"2["a",1]"#, #"2["b",1]"#, #"{"name":"b"}"#),
            (#"2/x,["a"]"#, #"2/y,["a"]"#, #"{"namespace":"/y"}"#),
            (#"2["a"]"#, #"2["a"]"#, "null"),
        ])
    func showsOriginal(sent: String, received: String, expected: String) throws {
        var record = try EventRecord.packet(sent)
        record.original = try SocketPacket(received)
        let event = try #require(Capture().take(record))
        #expect(try event.json()["original"]?.text == expected)
        #expect(try event.json(detailed: true)["original"]?["raw"]?.string == received)
        #expect(try event.json(detailed: true)["receivedSizeBytes"]?.int == received.utf8.count)
        #expect(try event.json(detailed: true)["sentSizeBytes"]?.int == sent.utf8.count)
    }

    @Test("has no size on a hop that the event did not pass")
    func showsHopSizes() throws {
        let dropped = try #require(Capture().take(.packet(#"2["a"]"#, verdicts: [.dropped])))
        #expect(try dropped.json(detailed: true)["sentSizeBytes"] == .null)
        var record = try EventRecord.packet(#"2["a"]"#, verdicts: [.injected])
        record.injected = true
        let injected = try #require(Capture().take(record))
        #expect(try injected.json(detailed: true)["receivedSizeBytes"] == .null)
        #expect(try injected.json()["injected"] == true)
    }

    @Test(
        "writes known times",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000000Z"),
            (-1, "1969-12-31T23:59:59.999999999Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
            (951_868_799_999_999_999, "2000-02-29T23:59:59.999999999Z"),
            (951_868_800_000_000_000, "2000-03-01T00:00:00.000000000Z"),
            (1_709_164_800_000_000_001, "2024-02-29T00:00:00.000000001Z"),
            (1_740_787_199_000_000_000, "2025-02-28T23:59:59.000000000Z"),
            (1_740_787_200_000_000_000, "2025-03-01T00:00:00.000000000Z"),
            (4_107_542_399_000_000_000, "2100-02-28T23:59:59.000000000Z"),
            (4_107_542_400_000_000_000, "2100-03-01T00:00:00.000000000Z"),
            (1_798_761_599_120_000_000, "2026-12-31T23:59:59.120000000Z"),
            (.max, "2262-04-11T23:47:16.854775807Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"),
        ])
    func writesTimes(nanoseconds: Int64, expected: String) throws {
        let event = try #require(Capture().take(.packet("2[]", time: nanoseconds)))
        #expect(try event.json()["time"]?.string == expected)
    }
}
