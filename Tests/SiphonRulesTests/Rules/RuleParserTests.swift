import LosslessJSON
import Testing

@testable import SiphonRules

@Suite("RuleParser")
struct RuleParserTests {
    private static func rule(_ text: String) throws -> Rule {
        try RuleParser.rule(from: try JSONValue(parsing: text))
    }

    @Test("reads a rule with everything that it may have")
    func readsAll() throws {
        let rule = try Self.rule(
            #"""
            {"name": "move", "when": "event:join from:client", "enabled": false, "stop": true,
             "then": [{"set": {"args[0].room": "staging", "name": "enter"}}, {"drop": {"ack": [1.0]}}, "drop"]}
            """#)
        let set = Action.set([
            Assignment(.argument(0, JSONPath([.key("room")])), "staging"), Assignment(.name, "enter"),
        ])
        let one = try JSONValue(parsing: "1.0")
        let filter = try Filter(parsing: "event:join from:client")
        #expect(
            rule
                == Rule(
                    name: "move", when: filter, then: [set, .drop(answer: [one]), .drop], enabled: false, stop: true))
    }

    @Test("takes what is left out for enabled, going on and without a name")
    func readsLittle() throws {
        let rule = try Self.rule(#"{"when": "", "then": "drop"}"#)
        #expect(rule == Rule(when: .everything, then: [.drop]))
        #expect(rule.enabled && !rule.stop && rule.name == nil)
        #expect(try Self.rule(#"{"name": null, "when": "", "then": {"drop": {}}}"#) == rule)
    }

    @Test(
        "shows a rule as it was written",
        arguments: [
            #"{"name":"n","when":"event:a  -b","then":"drop","enabled":true,"stop":false}"#,
            #"{"name":null,"when":"","then":[{"set":{"args[0]":1.0}}],"enabled":false,"stop":true}"#,
            #"{"name":null,"when":"","then":{"drop":{"ack":[]}},"enabled":true,"stop":false}"#,
        ])
    func shows(text: String) throws {
        let rule = try Self.rule(text)
        #expect(rule.json.text == text)
        #expect(try RuleParser.rule(from: rule.json) == rule)
    }

    @Test("shows a rule that was made in code so that it can be read")
    func showsMade() throws {
        let path = try JSONPath(parsing: #"a["b.c"]"#)
        let rule = Rule(
            name: "x", when: try Filter(parsing: "a"),
            then: [.set([Assignment(.ackArgument(1, path), 5), Assignment(.name, "n")]), .drop, .drop(answer: [nil])])
        #expect(try RuleParser.rule(from: rule.json) == rule)
    }

    @Test("takes back what the API showed", arguments: [#""id":"r1","hits":5,"lastHit":null"#])
    func takesBack(members: String) throws {
        #expect(throws: Never.self) { try Self.rule(#"{"when":"","then":"drop",\#(members)}"#) }
    }

    @Test(
        "says where a rule is wrong and what was expected",
        arguments: [
            ("[]", "", "expected a map, found a list"), ("{}", "", "a rule needs when:"),
            (#"{"when":""}"#, "", "a rule needs then:"), (#"{"when":"","thn":"drop"}"#, "thn", "did you mean then?"),
            (#"{"when":"","then":"drop","colour":1}"#, "colour", "unknown key colour; expected name, when"),
            (#"{"when":"","when":"a","then":"drop"}"#, "when", "when comes twice"),
            (#"{"when":1,"then":"drop"}"#, "when", "expected a filter in text, found a number"),
            (#"{"when":"evnt:a","then":"drop"}"#, "when", "column 1: unknown key evnt, did you mean event?"),
            (#"{"when":"a is:dropped","then":"drop"}"#, "when", "is:dropped is decided after the rules"),
            (#"{"when":"not (a or is:pending|late)","then":"drop"}"#, "when", "is:late is decided after"),
            (#"{"when":"","then":"drop","enabled":"yes"}"#, "enabled", "expected true or false, found a string"),
            (#"{"when":"","then":"drop","stop":null}"#, "stop", "expected true or false, found null"),
            (#"{"when":"","then":"drop","name":5}"#, "name", "expected a text, found a number"),
            (#"{"on":"connect","then":"drop"}"#, "on", "on is not built yet"),
            (#"{"when":"","then":"drop","times":2}"#, "times", "times is not built yet"),
            (#"{"when":"","then":"hold"}"#, "then", "the action hold is not built yet"),
            (#"{"when":"","then":{"delay":{}}}"#, "then.delay", "the action delay is not built yet"),
            (#"{"when":"","then":["drop",{"rename":"x"}]}"#, "then[1].rename", "the action rename is not built yet"),
            (#"{"when":"","then":"dorp"}"#, "then", "unknown action dorp, did you mean drop?"),
            (#"{"when":"","then":"set"}"#, "then", "set needs a map"),
            (#"{"when":"","then":[]}"#, "then", "at least one"),
            (#"{"when":"","then":[5]}"#, "then[0]", "the name of an action or a map, found a number"),
            (#"{"when":"","then":[["drop"]]}"#, "then[0]", "found a list"),
            (#"{"when":"","then":{}}"#, "then", "expected one action"),
            (#"{"when":"","then":{"drop":{},"set":{"name":"a"}}}"#, "then", "expected one action in a map"),
            (#"{"when":"","then":{"drop":null}}"#, "then.drop", "expected a map, found null"),
            (#"{"when":"","then":{"drop":{"akc":[]}}}"#, "then.drop.akc", "did you mean ack?"),
            (#"{"when":"","then":{"drop":{"ack":{}}}}"#, "then.drop.ack", "expected a list"),
            (#"{"when":"","then":{"set":{}}}"#, "then.set", "at least one path"),
            (#"{"when":"","then":{"set":[]}}"#, "then.set", "expected a map such as"),
            (#"{"when":"","then":{"set":{"args[0":1}}}"#, #"then.set["args[0"]"#, "path, column 7: expected ]"),
            (#"{"when":"","then":{"set":{"args[*]":1}}}"#, #"then.set["args[*]"]"#, "[*] is not built yet"),
            (#"{"when":"","then":{"set":{"args":1}}}"#, "then.set.args", "starts with args[0]"),
            (#"{"when":"","then":{"set":{"name.a":1}}}"#, #"then.set["name.a"]"#, "expected a path that is name"),
            (#"{"when":"","then":{"set":{"room":1}}}"#, "then.set.room", "expected a path"),
            (#"{"when":"","then":{"set":{"name":"a","name":"b"}}}"#, "then.set.name", "comes twice"),
            (#"{"when":"","then":{"set":{"name":5}}}"#, "then.set.name", "expected a text, found a number"),
            (#"{"when":"","then":{"set":{"name":""}}}"#, "then.set.name", "not empty"),
            (#"{"when":"","then":{"set":{"name":"disconnect"}}}"#, "then.set.name", "disconnect is reserved"),
            (
                #"{"when":"","then":{"set":{"args[0]":"{{now}}"}}}"#, #"then.set["args[0]"]"#,
                "a template ({{) is not built"
            ),
            (
                #"{"when":"","then":{"set":{"args[0]":[{"$binary":"AA=="}]}}}"#, #"then.set["args[0]"][0]"#,
                "a binary value ($binary) is not built yet"
            ),
            (
                #"{"when":"","then":{"drop":{"ack":[1,{"_placeholder":true,"num":0}]}}}"#, "then.drop.ack[1]",
                "_placeholder stands for an attachment"
            ),
        ])
    func refuses(text: String, path: String, message: String) throws {
        let error = try #require(throws: RuleError.self) { try Self.rule(text) }
        #expect(error.path == path)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.line == nil)
    }

    @Test("takes as many actions and paths as the limits and none more")
    func limits() throws {
        func actions(_ count: Int) -> String {
            #"{"when":"","then":[\#(repeatElement("\"drop\"", count: count).joined(separator: ","))]}"#
        }
        func paths(_ count: Int) -> String {
            let paths = (0..<count).map { #""args[\#($0)]":1"# }
            return #"{"when":"","then":{"set":{\#(paths.joined(separator: ","))}}}"#
        }
        #expect(try Self.rule(actions(RuleParser.actionLimit)).then.count == RuleParser.actionLimit)
        #expect(throws: RuleError.self) { try Self.rule(actions(RuleParser.actionLimit + 1)) }
        #expect(throws: Never.self) { try Self.rule(paths(RuleParser.assignmentLimit)) }
        #expect(throws: RuleError.self) { try Self.rule(paths(RuleParser.assignmentLimit + 1)) }
    }

    @Test(
        "suggests the nearest word and none that is far",
        arguments: [
            ("evnt", "event"), ("EVENT", "event"), ("tehn", "then"), ("x", nil), ("wehn", "when"), ("events", "event"),
        ]
            as [(String, String?)])
    func suggests(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["event", "then", "when", "ns"]) == expected)
    }
}
