import LosslessJSON
import Testing

@testable import SiphonRules

@Suite("RuleInput")
struct RuleInputTests {
    @Test(
        "reads one rule or a file of them, as YAML and as JSON",
        arguments: [
            ("when: a\nthen: drop\n", [#"{"when":"a","then":"drop"}"#]),
            ("{ when: a, then: drop }", [#"{"when":"a","then":"drop"}"#]),
            (#"{"when":"😀\ud83d\ude00","then":"drop"}"#, [#"{"when":"😀\ud83d\ude00","then":"drop"}"#]),
            (
                "# two\nrules:\n- { when: a, then: drop }\n- { when: b, then: [drop], times: 1 }\n",
                [#"{"when":"a","then":"drop"}"#, #"{"when":"b","then":["drop"],"times":1}"#]
            ),
            (
                #"{"rules":[{"when":"a","then":{"set":{"args[0]":1.50}}}]}"#,
                [#"{"when":"a","then":{"set":{"args[0]":1.50}}}"#]
            ),
            ("rules: []", []),
            (#"{"id":"r1","when":"a","then":"drop","hits":3}"#, [#"{"id":"r1","when":"a","then":"drop","hits":3}"#]),
        ])
    func reads(text: String, expected: [String]) throws {
        #expect(try RuleInput(bytes: Array(text.utf8)).rules.map(\.text) == expected)
    }

    @Test(
        "says where it is wrong",
        arguments: [
            ("when: a\n", 1, 1, "needs then"), ("when: a\nthen: drpo", 2, 7, "did you mean drop?"),
            ("rules:\n- when: a\n  thn: drop", 3, 3, "did you mean then?"), ("drop", 1, 1, "expected a map"),
            (#"{"when":"a","then":"drpo"}"#, nil, nil, "did you mean drop?"), ("", 1, 1, "empty"),
            ("[", 2, 1, "not YAML"),
        ] as [(String, Int?, Int?, String)])
    func refuses(text: String, line: Int?, column: Int?, message: String) throws {
        let error = try #require(throws: RuleError.self) { try RuleInput(bytes: Array(text.utf8)) }
        #expect(error.line == line && error.column == column)
        #expect(error.message.contains(message), "\(error.message)")
    }

    @Test("takes no more bytes than a rule file may have, and no others than UTF-8")
    func limits() throws {
        let much = [UInt8](repeating: 0x23, count: RuleFileText.bytesLimit + 1)
        #expect(throws: RuleError.self) { try RuleInput(bytes: much) }
        #expect(throws: RuleError.self) { try RuleInput(bytes: [0xFF]) }
    }

    @Test(
        "counts the rules of a file, or says what is wrong with each",
        arguments: [
            ("rules: []", "0"), ("rules:\n- { when: a, then: drop }\n- { when: b, then: drop }\n", "2"),
            ("rules:\n- { when: a, then: drpo }\n- { when: b, then: drop }\n- when: (\n  then: drop\n", "2:20 4:10"),
            ("rules: 5", "1:8"), ("rules: []\nx: 1", "2:1"), ("rules: [", "2:1"), ("", "1:1"),
            ("\u{FEFF}rules: 5", "1:8"),
        ])
    func checks(text: String, expected: String) {
        switch RuleFileText.check(Array(text.utf8)) {
        case .success(let count): #expect("\(count)" == expected)
        case .failure(let faults):
            #expect(faults.errors.map { "\($0.line ?? 0):\($0.column ?? 0)" }.joined(separator: " ") == expected)
        }
    }

    @Test(
        "says in a few words what a rule does",
        arguments: [
            (#""drop""#, "drop"),
            (#"["drop",{"set":{"args[0].a":1.50,"name":"b c"}}]"#, #"drop; set { "args[0].a": 1.50, name: b c }"#),
            (#"{"reply":[]}"#, "reply []"), ("[]", ""), (#"{"mark":"a: b"}"#, #"mark "a: b""#), ("5", "5"),
        ])
    func summarises(then: String, expected: String) throws {
        #expect(RuleSummary.actions(try JSONValue(parsing: then)) == expected)
    }
}
