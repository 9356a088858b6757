import LosslessJSON
import Testing

@testable import SiphonRules

@Suite("RuleFileEditor")
struct RuleFileEditorTests {
    @Test("writes other rules into a file and leaves the rest", arguments: RuleEditVector.all)
    func edits(vector: RuleEditVector) throws {
        #expect(try vector.save() == vector.expected)
    }

    private static func rule(_ argument: String) throws -> Rule {
        try RuleParser.rule(
            from: try JSONValue(parsing: #"{"when":"a","then":{"drop":{"ack":[\#(argument)]}}}"#))
    }

    @Test(
        "refuses what YAML cannot hold as it is",
        arguments: [
            (#""\ud800""#, "surrogate"), (#""x\udc00\ud800y""#, "surrogate"), (#""\ufeffx""#, "U+FEFF"),
            (#"{"a":1,"a":2}"#, "comes twice"),
            (String(repeating: "[", count: 70) + String(repeating: "]", count: 70), "levels"),
        ])
    func refuses(argument: String, message: String) throws {
        let file = try RuleFileText("rules:\n- { when: x, then: drop }\n")
        let error = try #require(throws: RuleError.self) {
            try file.replacing([file.rules[0], try Self.rule(argument)], origins: [0, nil])
        }
        #expect(error.path == "rules[1]")
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test("takes each text with half a surrogate pair for itself alone")
    func comparesTexts() throws {
        func means(_ left: String, _ right: String) throws -> Bool {
            try JSONValue(parsing: left).means(try JSONValue(parsing: right))
        }
        #expect(try means(#""\u00e9\/\n""#, "\"é/\\u000A\""))
        #expect(try means(#"[1.0,{"a":"\ud83d\ude00"},null,true]"#, #"[1.0,{"\u0061":"😀"},null,true]"#))
        for (left, right) in [
            (#""\ud800""#, #""\ufffd""#), (#""\ude00\ud83d""#, #""\ufffd\ufffd""#), (#""\ud83dx""#, "\"\u{FFFD}x\""),
            ("1", "1.0"), (#"{"a":1,"b":2}"#, #"{"b":2,"a":1}"#), ("\"e\u{301}\"", "\"\u{E9}\""), ("[]", "{}"),
            ("[1]", "[1,2]"), ("null", "false"),
        ] { #expect(try !means(left, right), "\(left) \(right)") }
    }

    @Test("refuses a file that would be too large to be read")
    func refusesLarge() throws {
        let file = try RuleFileText("rules:\n")
        let long = try Self.rule("\"\(String(repeating: "x", count: RuleFileText.bytesLimit / 4))\"")
        let error = try #require(throws: RuleError.self) {
            try file.replacing([Rule](repeating: long, count: 4), origins: [nil, nil, nil, nil])
        }
        #expect(error.message.contains("larger"))
    }

    @Test("writes keys that are too long for YAML's short form")
    func writesLongKeys() throws {
        let file = try RuleFileText("rules: []\n")
        let key = String(repeating: "k", count: 1100)
        let rules = try ["{\"\(key)\":[1]}", "[{\"\(key)\":1},\(String(repeating: "7,", count: 60))8]"].map(Self.rule)
        #expect(try file.replacing(rules, origins: [nil, nil]).rules == rules)
        let json = try RuleFileText(#"{"rules":[]}"#)
        #expect(try json.replacing(rules, origins: [nil, nil]).rules == rules)
    }

    @Test("a list that bears an anchor or stands on its key's line is left alone")
    func leavesAlone() throws {
        for text in ["rules: &x\n- { when: a, then: drop }\n", "? rules\n: - { when: a, then: drop }\n"] {
            let file = try RuleFileText(text)
            let error = try #require(throws: RuleError.self) { try file.replacing([], origins: []) }
            #expect(error.message.contains("does not edit"))
            #expect(try file.replacing(file.rules, origins: [0]).text == text)
        }
    }
}
