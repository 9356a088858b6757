import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("PacketDraft")
struct PacketDraftTests {
    /// What `set` makes of a packet: its text and attachments, or nil where it found no place.
    private static func setting(
        _ set: String, in text: String, attachments: [[UInt8]] = []
    ) throws -> (text: String, attachments: [[UInt8]])? {
        try applying(#"{"set":\#(set)}"#, to: text, attachments: attachments)
    }

    /// What actions make of a packet: its text and attachments, or nil where they did nothing.
    static func applying(
        _ then: String, to text: String, attachments: [[UInt8]] = []
    ) throws -> (text: String, attachments: [[UInt8]])? {
        let rule = try Rule.reading(#"{"when":"","then":\#(then)}"#)
        let packet = try SocketPacket(text: text, attachments: attachments)
        var draft = RuleDraft(packet, .from(.client))
        guard draft.apply(RuleEntry(id: RuleID(1), rule: rule, source: .api, activity: rule.makeActivity())) else {
            return nil
        }
        let edited = draft.packet
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

    @Test(
        "takes values out",
        arguments: [
            (#"{"remove":["args[0].token"]}"#, #"2["a",{"token":"t","n":1.0}]"#, #"2["a",{"n":1.0}]"#),
            (#"{"remove":"args[0]"}"#, #"2["a",1,2]"#, #"2["a",2]"#), (#"{"remove":"args[0]"}"#, "31[1]", "31[]"),
            (#"{"remove":["args[0]","args[0]"]}"#, #"2["a",1,2,3]"#, #"2["a",3]"#),
            (#"{"remove":["args[5]","args[0].b"]}"#, #"2["a",{"b":1}]"#, #"2["a",{}]"#),
            (#"{"remove":"args[0]"}"#, #"2["a"]"#, nil), (#"{"remove":"args[0].x"}"#, #"2["a",5]"#, nil),
            (#"{"remove":"args[0].token"}"#, #"0{"token":1}"#, "0{}"),
            (#"{"remove":"args[0]"}"#, #"0{"token":1}"#, "0"),
            (#"{"remove":"args[0]"}"#, "0", nil), (#"{"remove":"args[0]"}"#, #"4{"message":"m"}"#, nil),
            (#"{"remove":"args[0].data"}"#, #"4{"message":"m","data":1}"#, #"4{"message":"m"}"#),
            (#"{"remove":"ack.args[0].x"}"#, #"31[{"x":1}]"#, "31[{}]"), (#"{"remove":"args[0]"}"#, "1", nil),
        ] as [(String, String, String?)])
    func removes(then: String, text: String, expected: String?) throws {
        #expect(try Self.applying(then, to: text)?.text == expected)
    }

    @Test(
        "renames events and replaces all arguments",
        arguments: [
            (#"{"rename":"b"}"#, #"25["a", 1.0]"#, #"25["b", 1.0]"#), (#"{"rename":"b"}"#, "35[1]", nil),
            (#"{"rename":"{{name}}2"}"#, #"2["a"]"#, #"2["a2"]"#), (#"{"rename":"{{args[0]}}"}"#, #"2["a",""]"#, nil),
            (#"{"rename":"{{args[0]}}"}"#, #"2["a","connect"]"#, nil),
            (#"{"rename":"{{args[0]}}"}"#, #"2["a",5]"#, nil),
            (#"{"replace":[1,{"a":2.0}]}"#, #"25["a",9,9,9]"#, #"25["a",1,{"a":2.0}]"#),
            (#"{"replace":[]}"#, #"2["a",9]"#, #"2["a"]"#), (#"{"replace":[1]}"#, "35[9,9]", "35[1]"),
            (#"{"replace":[{"token":1}]}"#, "0", #"0{"token":1}"#), (#"{"replace":[]}"#, #"0{"a":1}"#, "0"),
            (#"{"replace":[1]}"#, #"0{"a":1}"#, nil), (#"{"replace":[{},{}]}"#, "0", nil),
            (#"{"replace":["no"]}"#, #"4"x""#, #"4"no""#), (#"{"replace":["x"]}"#, #"2["a",%%]"#, nil),
            (#"{"replace":["x"]}"#, "2[5]", nil), (#"{"replace":["x"]}"#, "31[%%]", nil),
            (#"{"set":{"args[0]":1}}"#, "2[7,8]", nil),
            (#"{"replace":["x"]}"#, "2[\"a\"," + String(repeating: "[", count: 10_000), nil),
            (#"{"set":{"args[0]":{"$binary":"AA=="}}}"#, "2[\"a\"," + String(repeating: "[", count: 10_000), nil),
            (#"{"replace":[]}"#, #"4"x""#, nil),
            (#"{"replace":["{{args[1]}}","{{args[0]}}"]}"#, #"2["a",1.0,"z"]"#, #"2["a","z",1.0]"#),
            (#"[{"rename":"b"},{"set":{"args[0]":1}},{"remove":"args[1]"}]"#, #"2["a",0,0]"#, #"2["b",1]"#),
        ] as [(String, String, String?)])
    func renamesAndReplaces(then: String, text: String, expected: String?) throws {
        #expect(try Self.applying(then, to: text)?.text == expected)
    }

    @Test(
        "puts into templates what the event and the proxy say",
        arguments: [
            ("{{args[0]}}", "[1.0,{\"b\":[]}]", "1.0"), ("{{args[1]}}", "[0,{\"b\":[1e3]}]", "{\"b\":[1e3]}"),
            ("{{ args[1].b }}", "[0,{\"b\":\"x\\ud83d\"}]", "\"x\\ud83d\""),
            ("n={{args[0]}}!", "[1.0]", "\"n=1.0!\""), ("<{{args[0]}}>", "[\"a\\\"b\"]", "\"<a\\\"b>\""),
            ("{{args[0]}}{{args[1]}}", "[\"a\",{\"k\":\"v\"}]", "\"a{\\\"k\\\":\\\"v\\\"}\""),
            ("x{{args[7]}}y", "[0]", "\"xy\""), ("{{name}}", "[0]", "\"a\""), ("{{namespace}}", "[0]", "\"/\""),
            ("{{connection}}", "[0]", "\"c7\""), ("{{counter}}", "[0]", "1"), ("#{{counter}}", "[0]", "\"#1\""),
            ("{{now}}", "[0]", "\"1970-01-01T00:00:00.000000000Z\""), ("{{{{x}}", "[0]", "\"{{x}}\""),
            ("{{ack.args[0]}}", "[0]", nil), ("{{args[7]}}", "[0]", nil),
        ] as [(String, String, String?)])
    func fillsTemplates(template: String, list: String, expected: String?) throws {
        let text = "2[\"a\"," + list.dropFirst()
        let edited = try Self.applying(#"{"replace":[\#(JSONValue(template).text)]}"#, to: text)
        #expect(edited?.text == expected.map { "2[\"a\",\($0)]" })
    }

    @Test("makes another UUID each time, of version 4")
    func makesUUIDs() throws {
        let made = try (0..<50).map { _ in
            try #require(try Self.applying(#"{"set":{"args[0]":"{{uuid}}"}}"#, to: #"2["a"]"#)).text
        }
        #expect(Set(made).count == 50)
        let form = /2\["a","[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\]/
        #expect(made.allSatisfy { $0.wholeMatch(of: form) != nil })
    }

    @Test("sets binary values, and makes the packet binary", arguments: ["event", "ack"])
    func setsBinary(kind: String) throws {
        let (plain, binary) = kind == "event" ? (#"28["up",0]"#, #"51-8["up",@]"#) : ("38[0]", "61-8[@]")
        let edited = try Self.applying(#"{"set":{"args[0]":{"$binary":"AQID"}}}"#, to: plain)
        #expect(edited?.text == binary.replacing("@", with: Self.placeholder(0)))
        #expect(edited?.attachments == [[1, 2, 3]])
    }

    @Test("sets binary values beside those that came")
    func addsBinary() throws {
        let text = "51-[\"up\",\(Self.placeholder(0)),0]"
        let edited = try Self.applying(
            #"{"set":{"args[1]":{"x":[{"$binary":"Ag=="},{"$binary":"Aw=="}]},"args[0]":1}}"#, to: text,
            attachments: [[1]])
        #expect(edited?.text == "52-[\"up\",1,{\"x\":[\(Self.placeholder(0)),\(Self.placeholder(1))]}]")
        #expect(edited?.attachments == [[2], [3]])
    }

    @Test("moves a binary value, and removes it")
    func movesBinary() throws {
        let text = "52-[\"up\",{\"b\":\(Self.placeholder(0))},\(Self.placeholder(1))]"
        let moved = try Self.applying(
            #"[{"set":{"args[1]":"{{args[0].b}}"}},{"remove":"args[0].b"}]"#, to: text, attachments: [[1], [2]])
        #expect(moved?.text == "51-[\"up\",{},\(Self.placeholder(0))]")
        #expect(moved?.attachments == [[1]])
        let removed = try Self.applying(#"{"remove":["args[0].b","args[1]"]}"#, to: text, attachments: [[1], [2]])
        #expect(removed?.text == "2[\"up\",{}]")
        #expect(removed?.attachments == [])
        #expect(try Self.applying(#"{"remove":"args[0].b.num"}"#, to: text, attachments: [[1], [2]]) == nil)
    }

    @Test("puts no binary value where the sender's data would become one, nor where none may be")
    func refusesBinary() throws {
        let set = #"{"set":{"args[0]":{"$binary":"AQ=="}}}"#
        #expect(try Self.applying(set, to: "2[\"up\",0,\(Self.placeholder(0))]") == nil)
        #expect(try Self.applying(#"{"set":{"args[0].x":{"$binary":"AQ=="}}}"#, to: "0{}") == nil)
        let many = (0...1000).map { _ in #"{"$binary":"AQ=="}"# }.joined(separator: ",")
        #expect(try Self.applying(#"{"replace":[\#(many)]}"#, to: #"2["up"]"#) == nil)
    }

    @Test("writes no more than the limit")
    func boundsValues() throws {
        let half = RuleValue.constant([UInt8](repeating: 0x31, count: RuleValueWriter.bytesLimit / 2))
        let draft = PacketDraft(try SocketPacket(text: #"2["up"]"#))
        var writer = RuleValueWriter(draft, .from(.client), counter: 1)
        let results = [writer.write(half), writer.write(.list([half, half]))]
        #expect(results == [true, false])
    }

    @Test("gives the very packet back where the value was there already")
    func keepsFrames() throws {
        let packet = try SocketPacket(text: #"2["a",1.0]"#)
        #expect(try Self.setting(#"{"args[0]":1.0}"#, in: packet.wire)?.text == packet.wire)
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
