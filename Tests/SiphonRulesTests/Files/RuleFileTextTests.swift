import LosslessJSON
import Testing

@testable import SiphonRules

@Suite("RuleFileText")
struct RuleFileTextTests {
    private func read(_ text: String) throws -> [Rule] { try RuleFileText(text).rules }

    @Test("reads rules from YAML")
    func reads() throws {
        let rules = try read(
            """
            # two rules
            rules:
              - name: move everyone to staging
                when: event:join from:client
                then:
                  - set: { "args[0].room": staging, "args[0].n": 1.50, "args[1]": [yes, ~, 0x1F, "5", true, 1e3] }
              - when: 'event:"my event"'
                then: drop
                enabled: false
            """)
        let values = try JSONValue(parsing: #"["yes",null,31,"5",true,1e3]"#)
        let number = try JSONValue(parsing: "1.50")
        let set = #"{"args[0].room":"staging","args[0].n":\#(number.text),"args[1]":\#(values.text)}"#
        let first = try Rule.reading(
            #"{"name":"move everyone to staging","when":"event:join from:client","then":[{"set":\#(set)}]}"#)
        let second = try Rule.reading(#"{"when":"event:\"my event\"","then":"drop","enabled":false}"#)
        #expect(rules == [first, second])
    }

    @Test("takes an empty list for no rules", arguments: ["rules:", "rules: []", "rules: ~\n"])
    func readsNone(text: String) throws {
        #expect(try read(text).isEmpty)
    }

    @Test("follows an alias")
    func followsAlias() throws {
        let rules = try read("rules:\n- &a { when: event:x, then: drop }\n- *a\n")
        #expect(rules == [Rule](repeating: try Rule.reading(#"{"when":"event:x","then":"drop"}"#), count: 2))
    }

    @Test(
        "says the line and column of what is wrong",
        arguments: [
            ("", 1, 1, "", "the file is empty"), ("# nothing\n", 1, 1, "", "the file is empty"),
            ("- when: a", 1, 1, "", "expected a map, found a list"), ("rule:\n", 1, 1, "rule", "did you mean rules?"),
            ("rules: 5", 1, 8, "rules", "expected a list of rules"), ("{}", 1, 1, "", "expected rules:"),
            ("rules:\n  - drop", 2, 5, "rules[0]", "expected a map"),
            ("rules:\n- when: a\n  thn: drop", 3, 3, "rules[0].thn", "did you mean then?"),
            ("rules:\n- when: a\n  then: [drop, hold]", 3, 16, "rules[0].then[1]", "hold is not built yet"),
            (
                "rules:\n- when: a\n  then:\n  - set:\n      args[0]: '{{x}}'", 5, 16,
                #"rules[0].then[0].set["args[0]"]"#, "template"
            ),
            ("rules:\n- then: drop\n  when: a evnt:b", 3, 11, "rules[0].when", "unknown key evnt"),
            ("rules:\n- then: drop\n  when: \"a evnt:b\"", 3, 12, "rules[0].when", "unknown key evnt"),
            ("rules:\n- then: drop\n  when: >\n    a evnt:b", 3, 9, "rules[0].when", "unknown key evnt"),
            ("rules:\n- then: drop\n  when: a\n  delay: {a: 1}", 4, 3, "rules[0].delay", "unknown key delay"),
            ("rules:\n- when: a\n  when: b\n  then: drop", 2, 3, "", "when comes twice"),
            ("rules: [", 2, 1, "", "not YAML"), ("rules:\n\t- a", 2, 1, "", "not YAML"),
            ("rules: *x", 1, 8, "", "undefined alias"),
            (
                "rules:\n- when: a\n  then: { set: { \"args[0]\": .inf } }", 3, 29, #"rules[0].then.set["args[0]"]"#,
                "no number"
            ),
            ("rules:\n- { when: a, then: drop, hits: 1 }", 2, 26, "rules[0].hits", "unknown key hits"),
            ("rules: []\n---\nrules: []", 2, 1, "", "not YAML"), ("? [a]\n: 1", 1, 3, "", "a key must be a text"),
        ])
    func refuses(text: String, line: Int, column: Int, path: String, message: String) throws {
        let error = try #require(throws: RuleError.self) { try read(text) }
        #expect(error.line == line)
        #expect(error.column == column)
        #expect(error.path == path)
        #expect(error.message.contains(message), "\(error.message)")
    }

    /// Lists of aliases, each of which stands for several of the one before.
    private static func bomb(levels: Int, width: Int) -> String {
        let lists = (1...levels).map { level in
            let aliases = repeatElement("*a\(level - 1)", count: width).joined(separator: ", ")
            return "- &a\(level) [\(aliases)]\n"
        }
        return "rules:\n- &a0 [x, x, x, x, x, x, x, x, x, x]\n" + lists.joined()
    }

    @Test("refuses aliases that stand for too much")
    func refusesBombs() throws {
        let many = try #require(throws: RuleError.self) { try read(Self.bomb(levels: 9, width: 9)) }
        #expect(many.message.contains("more than \(YAMLDocument.aliasLimit) aliases"))
        let list = repeatElement("1", count: 10_000).joined(separator: ",")
        let aliases = repeatElement("*a", count: 6).joined(separator: ",")
        let large = try #require(throws: RuleError.self) { try read("rules: [&a [\(list)], \(aliases)]") }
        #expect(large.message.contains("more than \(YAMLDocument.valueLimit) values"))
    }

    @Test("finds the place of a fault below a long key, among many values and behind an alias")
    func findsPlaces() throws {
        // A text for each path would take gigabytes.
        let key = String(repeating: "k", count: 300_000)
        let values = repeatElement("1,", count: 10_000).joined()
        let text = """
            rules:
            - when: a
              then:
                set:
                  args[0]:
                    ? \(key)
                    : [\(values)
                       "{{x}}"]
            """
        let error = try #require(throws: RuleError.self) { try read(text) }
        #expect(error.line == 8 && error.column == 12, "\(error.line ?? 0), \(error.column ?? 0)")
        #expect(error.path.hasSuffix("[10000]"))
        let alias = try #require(throws: RuleError.self) {
            try read("rules:\n- &r\n  when: a\n  a.b: 1\n  then: drop\n- *r\n")
        }
        #expect(alias.path == #"rules[0]["a.b"]"# && alias.line == 4 && alias.column == 3)
    }

    @Test("takes as many aliases as the limit and none more, and does not count globs")
    func limitsAliases() throws {
        func rules(_ count: Int) -> String {
            "rules:\n- &a { when: event:*x, then: drop }\n" + String(repeating: "- *a\n", count: count)
        }
        #expect(try read(rules(YAMLDocument.aliasLimit - 1)).count == YAMLDocument.aliasLimit)
        #expect(throws: RuleError.self) { try read(rules(YAMLDocument.aliasLimit + 1)) }
        let globs = String(repeating: "- { when: 'event:*x *y', then: drop }\n", count: 100)
        #expect(try read("rules:\n" + globs).count == 100)
    }

    @Test("nests as deep as the limit and no deeper, however deep the text goes")
    func limitsDepth() throws {
        func rules(_ levels: Int) -> String {
            let value = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
            return "rules:\n- { when: a, then: { drop: { ack: \(value) } } }\n"
        }
        // Five levels are above the value.
        #expect(throws: Never.self) { try read(rules(YAMLDocument.depthLimit - 4)) }
        for levels in [YAMLDocument.depthLimit - 3, 900, 5000] {
            #expect(throws: RuleError.self) { try read(rules(levels)) }
        }
    }

    @Test("reads up to the limit, also behind a byte order mark, and nothing that is larger or no text")
    func limitsBytes() throws {
        var bytes = Array("rules:\n- { when: a, then: drop }\n#".utf8)
        bytes += [UInt8](repeating: 0x2E, count: RuleFileText.bytesLimit - bytes.count)
        #expect(try RuleFileText(bytes: bytes).rules.count == 1)
        #expect(throws: RuleError.self) { try RuleFileText(bytes: bytes + [0x2E]) }
        #expect(throws: RuleError(path: "", message: "the file is not UTF-8")) {
            try RuleFileText(bytes: [0x61, 0xFF])
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let marked = try RuleFileText(bytes: mark + Array("rules:\n- { when: a, then: drop }\n".utf8))
        #expect(marked.rules.count == 1)
        #expect(marked.bytes.starts(with: mark))
    }
}
