import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("PacketEditor")
struct PacketEditorTests {
    /// What `set` makes of a packet: its text and attachments, or nil where it found no place.
    private static func setting(
        _ set: String, in text: String, attachments: [[UInt8]] = []
    ) throws -> (text: String, attachments: [[UInt8]])? {
        let json = try JSONValue(parsing: #"{"when":"","then":{"set":\#(set)}}"#)
        guard case .set(let assignments)? = try RuleParser.rule(from: json).then.first else { return nil }
        let packet = try SocketPacket(text: text, attachments: attachments)
        guard let edited = PacketEditor.setting(assignments, in: packet) else { return nil }
        #expect(edited.attachments.count == edited.envelope.attachmentCount)
        #expect(edited.kind.carriesAttachments == !edited.attachments.isEmpty)
        return (edited.wire, edited.attachments.map { Array($0.bytes.readableBytesView) })
    }

    private static let exact =
        #"2/chat,0012["join", {"z":1.0,"room":"lobby","a":1e3},12345678901234567890,"\ud83d" ,-0 ]"#

    @Test(
        "changes the value and no other byte",
        arguments: [
            (#"{"args[0].room":"staging"}"#, exact.replacing("\"lobby\"", with: "\"staging\"")),
            (#"{"args[0].z":2.50}"#, exact.replacing("1.0", with: "2.50")),
            (#"{"args[1]":{"b":[1.0,null]}}"#, exact.replacing("12345678901234567890", with: #"{"b":[1.0,null]}"#)),
            (#"{"name":"größe"}"#, exact.replacing("\"join\"", with: "\"größe\"")),
            (#"{"args[0].new":true}"#, exact.replacing("1e3}", with: #"1e3,"new":true}"#)),
            (#"{"args[4]":"last"}"#, exact.replacing("-0 ]", with: "-0,\"last\" ]")),
            (#"{"args[2]":"\ud83d\ude00"}"#, exact.replacing("\"\\ud83d\"", with: "\"\\ud83d\\ude00\"")),
        ])
    func changesOne(set: String, expected: String) throws {
        #expect(try Self.setting(set, in: Self.exact)?.text == expected)
    }

    @Test(
        "changes what the kind of packet has",
        arguments: [
            (#"{"args[0].ok":true}"#, #"37[{"ok":false}]"#, #"37[{"ok":true}]"#),
            (#"{"ack.args[0].ok":true}"#, #"37[{"ok":false}]"#, #"37[{"ok":true}]"#),
            (#"{"ack.args[0]":1}"#, "3/a,7[]", "3/a,7[1]"), (#"{"ack.args[0]":1}"#, #"27["a",0]"#, nil),
            (#"{"name":"x"}"#, "37[1]", nil), (#"{"name":"x"}"#, "2[]", nil), (#"{"name":"x"}"#, "2[1]", #"2["x"]"#),
            (#"{"args[0]":1}"#, #"2["a"]"#, #"2["a",1]"#), (#"{"args[1]":1}"#, #"2["a"]"#, nil),
            (#"{"args[0]":1}"#, "2[]", nil), (#"{"args[0].a.b":1}"#, #"2["x",{}]"#, nil),
            (#"{"args[0].a":1}"#, #"2["x","text"]"#, nil), (#"{"args[0][0]":1}"#, #"2["x",{}]"#, nil),
            (#"{"args[0]":1}"#, #"2{"a":1}"#, nil), (#"{"args[0]":1}"#, #"2["a""#, nil), (#"{"args[0]":1}"#, "2", nil),
            (#"{"args[9223372036854775807]":1}"#, #"2["a"]"#, nil),
            // The other assignments of an action are carried out.
            (#"{"args[5]":1,"args[0]":2}"#, #"2["a",0]"#, #"2["a",2]"#),
            (#"{"args[0]":{"b":1},"args[0].c":2}"#, #"2["a"]"#, #"2["a",{"b":1,"c":2}]"#),
            (#"{"args[0].token":"t"}"#, #"0{"token":"s"}"#, #"0{"token":"t"}"#),
            (#"{"args[0].token":"t"}"#, "0", nil), (#"{"args[0]":{"a":1}}"#, "0/x,", #"0/x,{"a":1}"#),
            (#"{"args[0]":[1]}"#, "0", nil), (#"{"args[0]":"t"}"#, #"0{"a":1}"#, nil), (#"{"args[1]":{}}"#, "0", nil),
            (#"{"args[0].message":"m"}"#, #"4{"message":"x"}"#, #"4{"message":"m"}"#),
            (#"{"args[0]":"m"}"#, #"4"x""#, #"4"m""#), (#"{"args[0]":1}"#, #"4"x""#, nil),
            (#"{"args[0]":{}}"#, "1", nil), (#"{"name":"x"}"#, "0", nil),
        ] as [(String, String, String?)])
    func knowsKinds(set: String, text: String, expected: String?) throws {
        #expect(try Self.setting(set, in: text)?.text == expected)
    }

    private static func placeholder(_ number: Int) -> String { #"{"_placeholder":true,"num":\#(number)}"# }

    @Test("makes a packet plain when its last attachment is overwritten", arguments: ["event", "ack"])
    func makesPlain(kind: String) throws {
        let (binary, plain) = kind == "event" ? (#"51-8["up",@ ,1.0]"#, #"28["up",0 ,1.0]"#) : ("61-8[@]", "38[0]")
        let text = binary.replacing("@", with: Self.placeholder(0))
        let edited = try Self.setting(#"{"args[0]":0}"#, in: text, attachments: [[1]])
        #expect(edited?.text == plain)
        #expect(edited?.attachments == [])
    }

    @Test("leaves out the attachment that is overwritten and renumbers those behind it")
    func renumbers() throws {
        let text =
            "53-/a,[\"up\",\(Self.placeholder(2)),{\"b\":\(Self.placeholder(0)),\"n\":1.0},\(Self.placeholder(1))]"
        let edited = try Self.setting(#"{"args[1].b":"gone"}"#, in: text, attachments: [[0], [1], [2]])
        #expect(
            edited?.text == "52-/a,[\"up\",\(Self.placeholder(1)),{\"b\":\"gone\",\"n\":1.0},\(Self.placeholder(0))]")
        #expect(edited?.attachments == [[1], [2]])
    }

    @Test("leaves out all attachments inside of a value that is overwritten")
    func removesNested() throws {
        let text = "53-[\"up\",[\(Self.placeholder(0)),\(Self.placeholder(1))],\(Self.placeholder(2))]"
        let edited = try Self.setting(#"{"args[0]":null}"#, in: text, attachments: [[0], [1], [2]])
        #expect(edited?.text == "51-[\"up\",null,\(Self.placeholder(0))]")
        #expect(edited?.attachments == [[2]])
    }

    @Test("keeps an attachment that is used elsewhere, and one that was never used")
    func keepsUsed() throws {
        let text = "53-[\"up\",\(Self.placeholder(1)),\(Self.placeholder(1))]"
        let edited = try Self.setting(#"{"args[0]":0}"#, in: text, attachments: [[0], [1], [2]])
        #expect(edited?.text == "53-[\"up\",0,\(Self.placeholder(1))]")
        #expect(edited?.attachments == [[0], [1], [2]])
        let last = "52-[\"up\",\(Self.placeholder(1))]"
        #expect(try Self.setting(#"{"args[0]":0}"#, in: last, attachments: [[0], [1]])?.text == #"51-["up",0]"#)
    }

    @Test(
        "does not write into a placeholder", arguments: ["args[0].num", "args[0]._x", "args[1].b.num", "args[1].b.x.y"])
    func keepsPlaceholders(path: String) throws {
        let text = "52-[\"up\",\(Self.placeholder(0)),{\"b\":\(Self.placeholder(1))}]"
        #expect(try Self.setting(#"{"\#(path)":5}"#, in: text, attachments: [[0], [1]]) == nil)
    }

    @Test("takes a placeholder in a plain packet for the data that it is")
    func editsData() throws {
        let text = "2[\"up\",\(Self.placeholder(0))]"
        #expect(try Self.setting(#"{"args[0].num":5}"#, in: text)?.text == "2[\"up\",\(Self.placeholder(5))]")
    }

    @Test("gives the very packet back where the value was there already")
    func keepsFrames() throws {
        let packet = try SocketPacket(text: #"2["a",1.0]"#)
        let assignment = Assignment(.argument(0, JSONPath([])), try JSONValue(parsing: "1.0"))
        #expect(PacketEditor.setting([assignment], in: packet) == packet)
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return self }
        return replacingCharacters(in: range, with: other)
    }

    private func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
