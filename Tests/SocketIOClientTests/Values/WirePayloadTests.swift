import EngineIOCore
import NIOCore
import SocketIOCore
import Testing

@testable import SocketIOClient

@Suite("WirePayload")
struct WirePayloadTests {
    @Test("writes an event's name and arguments, bytes as placeholders in depth-first order")
    func writes() throws {
        let payload = try WirePayload(
            eventName: "up\"load",
            arguments: [["b": .binary([1]), "a": [.binary([2, 3])]], .binary([]), 1.0])
        let json =
            #"["up\"load",{"b":{"_placeholder":true,"num":0},"a":[{"_placeholder":true,"num":1}]},"#
            + #"{"_placeholder":true,"num":2},1.0]"#
        #expect(String(decoding: payload.json, as: UTF8.self) == json)
        #expect(payload.attachments == [ByteBuffer(bytes: [1]), ByteBuffer(bytes: [2, 3]), ByteBuffer()])
    }

    @Test("writes an ack without a name, and one value alone")
    func writesOthers() throws {
        #expect(try WirePayload(eventName: nil, arguments: []).json == Array("[]".utf8))
        #expect(try WirePayload(eventName: nil, arguments: [nil, "x"]).json == Array(#"[null,"x"]"#.utf8))
        #expect(try WirePayload(["token": 1], path: "auth").json == Array(#"{"token":1}"#.utf8))
    }

    @Test("comes back as it went out: random trees through a packet", arguments: 0..<200 as Range<UInt64>)
    func roundTrips(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        let arguments = (0..<3).map { _ in random.value() }
        let payload = try WirePayload(eventName: "e", arguments: arguments)
        let packet = SocketPacket(kind: .event, payload: payload.json, attachments: payload.attachments)
        #expect(try SocketIOValue.list(of: packet) == ["e"] + arguments)
        #expect(try SocketIOValue(json: SocketIOValue.array(arguments).jsonText) == .array(arguments))
    }

    private func list(
        _ json: String, _ attachments: [[UInt8]]? = nil, isEvent: Bool = true
    ) throws(SocketIOClientError) -> [SocketIOValue] {
        try SocketIOValue.list(
            payload: ByteBuffer(string: json), attachments: attachments?.map { ByteBuffer(bytes: $0) },
            isEvent: isEvent)
    }

    @Test("leaves placeholders alone in a packet without attachments")
    func plain() throws {
        let json = #"["e",{"_placeholder":true,"num":0}]"#
        #expect(try list(json)[1] == ["_placeholder": true, "num": 0])
        let packet = SocketPacket(kind: .event, payload: Array(json.utf8))
        #expect(try SocketIOValue.list(of: packet)[1]["num"] == 0)
    }

    @Test(
        "puts attachments in the place of what the JavaScript decoder takes for a placeholder",
        arguments: [
            (#"{"_placeholder":true,"num":0}"#, .binary([1])), (#"{"num":1,"_placeholder":true}"#, .binary([2])),
            (#"{"_placeholder":true,"num":1.0,"x":[]}"#, .binary([2])),
            (#"{"_placeholder":true,"num":-0}"#, .binary([1])),
            (#"{"num":7,"_placeholder":false,"_placeholder":true,"num":1}"#, .binary([2])),
            (#"{"\u005fplaceholder":true,"num":0}"#, .binary([1])),
            (
                #"[{"_placeholder":true,"num":1},{"_placeholder":true,"num":1}]"#,
                [.binary([2]), .binary([2])]
            ),
            (#"{"_placeholder":"true","num":0}"#, ["_placeholder": "true", "num": 0]),
            (#"{"_placeholder":1,"num":0}"#, ["_placeholder": 1, "num": 0]),
            (
                #"{"_placeholder":true,"_placeholder":false,"num":9}"#,
                ["_placeholder": true, "_placeholder": false, "num": 9]
            ),
            (#"{"num":0}"#, ["num": 0]), (#"["_placeholder",true]"#, ["_placeholder", true]),
        ] as [(String, SocketIOValue)])
    func placeholders(json: String, value: SocketIOValue) throws {
        #expect(try list(#"["e",\#(json)]"#, [[1], [2]]) == ["e", value])
    }

    @Test(
        "refuses placeholders that name no attachment, and says where",
        arguments: [
            (#"["e",{"_placeholder":true,"num":5}]"#, "args[0]: there is no attachment 5, the packet has 1"),
            (
                #"["e",{"a b":[0,{"_placeholder":true,"num":-1}]}]"#,
                #"args[0]["a b"][1]: there is no attachment -1, the packet has 1"#
            ),
            (
                #"["e",0,{"f":{"_placeholder":true,"num":0.5}}]"#,
                "args[1].f: there is no attachment 0.5, the packet has 1"
            ),
            (#"["e",{"_placeholder":true,"num":1e400}]"#, "args[0]: there is no attachment 1e400, the packet has 1"),
            (
                #"["e",{"_placeholder":true,"num":"0"}]"#,
                #"args[0]: a placeholder's num is a number, here it is the string "0""#
            ),
            (#"["e",{"_placeholder":true}]"#, "args[0]: this placeholder has no num"),
            (#"[{"_placeholder":true,"num":1}]"#, "the event's name: there is no attachment 1, the packet has 1"),
            (#"{"_placeholder":true,"num":0}"#, "expected a list of arguments, found binary data of 1 bytes"),
            (#"{"a":1}"#, "expected a list of arguments, found an object"),
            ("", "the JSON ends too early, at byte 0"),
        ])
    func hostilePlaceholders(json: String, message: String) {
        let fault = fault { () throws(SocketIOClientError) in try list(json, [[1]]) }
        #expect(fault == SocketIOClientError(code: .decoding, message: message))
    }

    @Test("counts arguments from the first of an ack, and knows a binary packet without attachments")
    func ackPaths() {
        let json = #"[0,{"_placeholder":true,"num":0}]"#
        let fault = fault { () throws(SocketIOClientError) in try list(json, [], isEvent: false) }
        #expect(fault?.message == "args[1]: there is no attachment 0, the packet has 0")
    }

    @Test("takes what is nested 512 deep and refuses more, both ways", arguments: [false, true])
    func depth(inObjects: Bool) throws {
        let deepest = nest(511, inObjects: inObjects)
        let payload = try WirePayload(eventName: "e", arguments: [deepest])
        #expect(try list(String(decoding: payload.json, as: UTF8.self)) == ["e", deepest])
        for depth in [512, 100_000] {
            withNested(depth, inObjects: inObjects) { value in
                let fault = fault { () throws(SocketIOClientError) in
                    try WirePayload(eventName: "e", arguments: [0, value])
                }
                #expect(fault?.code == .encoding)
                #expect(fault?.message == "args[1] is nested deeper than 512 lists and objects")
            }
            let open = String(repeating: inObjects ? #"{"a":"# : "[", count: depth)
            let wire = #"["e","# + open + "0" + String(repeating: inObjects ? "}" : "]", count: depth) + "]"
            let wireFault = message(ofWire: wire)
            #expect(wireFault?.hasPrefix("the JSON is nested deeper than 512") == true)
        }
    }

    private func message(ofWire json: String) -> String? {
        fault { () throws(SocketIOClientError) in try list(json, [[1]]) }?.message
    }

    @Test("refuses an object beside bytes that the peer would take for a placeholder")
    func lookalike() throws {
        let lookalike: SocketIOValue = ["_placeholder": true, "num": 0]
        #expect(try WirePayload(eventName: "e", arguments: [lookalike]).attachments.isEmpty)
        let fault = fault { () throws(SocketIOClientError) in
            try WirePayload(eventName: "e", arguments: [lookalike, .binary([1])])
        }
        #expect(fault?.code == .encoding)
    }
}
