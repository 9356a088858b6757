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
            Action.Assignment(
                place: .argument(0, JSONPath([.key("room")])), value: .constant(Array(#""staging""#.utf8))),
            Action.Assignment(place: .name, value: .constant(Array(#""enter""#.utf8))),
        ])
        let filter = try Filter(parsing: "event:join from:client")
        #expect(rule.name == "move" && rule.when == filter)
        #expect(rule.then == [set, .drop(answer: [.constant(Array("1.0".utf8))]), .drop(answer: nil)])
        #expect(!rule.enabled && rule.stop && rule.conditions == RuleConditions())
    }

    @Test("takes what is left out for enabled, going on and without a name")
    func readsLittle() throws {
        let rule = try Self.rule(#"{"when": "", "then": "drop"}"#)
        #expect(rule.when == .everything && rule.then == [.drop(answer: nil)] && rule.conditions.isNone)
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

    @Test("takes back what the API showed", arguments: [#""id":"r1","hits":5,"lastHit":null,"error":"x""#])
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
            (#"{"when":"","then":"drop","times":0}"#, "times", "a whole number from 1 on, found 0"),
            (#"{"when":"","then":"drop","after":-1}"#, "after", "a whole number from 0 on"),
            (#"{"when":"","then":"drop","every":1.5}"#, "every", "found 1.5"),
            (#"{"when":"","then":"drop","probability":2}"#, "probability", "a number from 0 to 1, found 2"),
            (#"{"when":"","then":"drop","probability":"1"}"#, "probability", "a number from 0 to 1"),
            (#"{"when":"","then":"drop","seed":-5}"#, "seed", "a whole number from 0 on"),
            (
                #"{"when":"","then":"drop","for":30}"#, "for",
                "a duration such as 300ms, 1.5s, 2m or 1h, found 30 without"
            ),
            (#"{"when":"","then":"drop","for":"3 s"}"#, "for", "found 3 s"),
            (#"{"when":"","then":"hold"}"#, "then", "the action hold is not built yet"),
            (#"{"when":"","then":["drop",{"cut":{}}]}"#, "then[1].cut", "the action cut is not built yet"),
            (#"{"when":"","then":{"delay":{}}}"#, "then.delay", "expected for:"),
            (#"{"when":"","then":{"delay":"2h"}}"#, "then.delay", "at most 1h"),
            (#"{"when":"","then":{"delay":{"fro":"1s"}}}"#, "then.delay.fro", "did you mean for?"),
            (#"{"when":"","then":{"throttle":{"events":10}}}"#, "then.throttle", "expected per:"),
            (#"{"when":"","then":{"throttle":{"events":0,"per":"1s"}}}"#, "then.throttle.events", "from 1 to 10000"),
            (#"{"when":"","then":{"throttle":{"events":1,"per":"0s"}}}"#, "then.throttle", "expected per:"),
            (#"{"when":"","then":{"duplicate":1}}"#, "then.duplicate", "from 2 to 100"),
            (#"{"when":"","then":{"reorder":{"window":1}}}"#, "then.reorder.window", "from 2 to 1000"),
            (#"{"when":"","then":{"reorder":{}}}"#, "then.reorder", "expected window:"),
            (
                #"{"when":"","then":[{"reorder":{"window":2}},"duplicate",{"reorder":{"window":3}}]}"#, "then[2]",
                "a second reorder"
            ),
            (#"{"when":"","then":{"reply":5}}"#, "then.reply", "a list, the arguments of the ack, found a number"),
            (#"{"when":"","then":{"rename":"connect"}}"#, "then.rename", "reserved"),
            (#"{"when":"","then":{"rename":5}}"#, "then.rename", "expected a text"),
            (#"{"when":"","then":{"remove":[]}}"#, "then.remove", "at least one path"),
            (#"{"when":"","then":{"remove":"name"}}"#, "then.remove", "must have a name"),
            (#"{"when":"","then":{"remove":["args[0]",5]}}"#, "then.remove[1]", "expected a path, found a number"),
            (
                #"{"when":"","then":{"remove":"arg[0]"}}"#, "then.remove",
                "starts with args[0] or ack.args[0], found arg[0]"
            ),
            (#"{"when":"","then":{"replace":{}}}"#, "then.replace", "expected a list"),
            (#"{"when":"","then":{"emit":{"name":"a"}}}"#, "then.emit.to", "to: client or to: upstream"),
            (#"{"when":"","then":{"emit":{"to":"server","name":"a"}}}"#, "then.emit.to", "upstream, found server"),
            (#"{"when":"","then":{"emit":{"to":"client"}}}"#, "then.emit", "expected name:"),
            (
                #"{"when":"","then":{"emit":{"to":"client","name":"a","namespace":"b"}}}"#, "then.emit.namespace",
                "such as /admin"
            ),
            (#"{"when":"","then":{"emit":{"to":"client","name":"a","args":1}}}"#, "then.emit.args", "expected a list"),
            (#"{"when":"","then":{"disconnect":"servr"}}"#, "then.disconnect", "found servr, did you mean server?"),
            (#"{"when":"","then":{"mark":""}}"#, "then.mark", "1 to 100 bytes, found one of 0"),
            (#"{"when":"","then":{"mark":5}}"#, "then.mark", "expected a word, found a number"),
            (#"{"when":"","then":{"mark":[]}}"#, "then.mark", "expected a word"),
            (#"{"when":"","then":"dorp"}"#, "then", "unknown action dorp, did you mean drop?"),
            (#"{"when":"","then":"set"}"#, "then", "set needs a value"),
            (#"{"when":"","then":[]}"#, "then", "at least one"),
            (#"{"when":"","then":[5]}"#, "then[0]", "the name of an action or a map, found a number"),
            (#"{"when":"","then":[["drop"]]}"#, "then[0]", "found a list"),
            (#"{"when":"","then":{}}"#, "then", "expected one action"),
            (#"{"when":"","then":{"drop":{},"set":{"name":"a"}}}"#, "then", "expected one action in a map"),
            (#"{"when":"","then":{"drop":null}}"#, "then.drop", "expected drop alone, or { ack: [ … ] }, found null"),
            (#"{"when":"","then":{"drop":true}}"#, "then.drop", "found a boolean"),
            (
                #"{"when":"","then":{"set":null,"args[0]":1}}"#, #"then["args[0]"]"#,
                "set has no value; what belongs to it is indented further"
            ),
            (#"{"when":"","then":{"drop":null,"akc":[]}}"#, "then.akc", "drop has no value"),
            (#"{"when":"","then":{"throttle":10}}"#, "then.throttle", "{ events: 10, per: 1s }, found a number"),
            (#"{"when":"","then":{"reorder":3}}"#, "then.reorder", "{ window: 3 }, found a number"),
            (#"{"when":"","then":{"drop":{"akc":[]}}}"#, "then.drop.akc", "did you mean ack?"),
            (#"{"when":"","then":{"drop":{"ack":{}}}}"#, "then.drop.ack", "expected a list"),
            (#"{"when":"","then":{"set":{}}}"#, "then.set", "at least one path"),
            (#"{"when":"","then":{"set":[]}}"#, "then.set", "expected a map such as"),
            (#"{"when":"","then":{"set":{"args[0":1}}}"#, #"then.set["args[0"]"#, "path, column 7: expected ]"),
            (#"{"when":"","then":{"set":{"args[*]":1}}}"#, #"then.set["args[*]"]"#, "[*] is for filters"),
            (#"{"when":"","then":{"set":{"args":1}}}"#, "then.set.args", "starts with args[0]"),
            (#"{"when":"","then":{"set":{"name.a":1}}}"#, #"then.set["name.a"]"#, "expected a path that is name"),
            (#"{"when":"","then":{"set":{"room":1}}}"#, "then.set.room", "expected a path"),
            (
                #"{"when":"","then":{"set":{"args[0]._placeholder":true}}}"#, #"then.set["args[0]._placeholder"]"#,
                "cannot be set"
            ),
            (#"{"when":"","then":{"set":{"name":"a","name":"b"}}}"#, "then.set.name", "comes twice"),
            (#"{"when":"","then":{"set":{"name":5}}}"#, "then.set.name", "expected a text, found a number"),
            (#"{"when":"","then":{"set":{"name":""}}}"#, "then.set.name", "not empty"),
            (#"{"when":"","then":{"set":{"name":"disconnect"}}}"#, "then.set.name", "disconnect is reserved"),
            (
                #"{"when":"","then":{"set":{"args[0]":"{{nwo}}"}}}"#, #"then.set["args[0]"]"#,
                "template {{nwo}}: unknown nwo, did you mean now?"
            ),
            (#"{"when":"","then":{"set":{"args[0]":"{{now"}}}"#, #"then.set["args[0]"]"#, "is not closed"),
            (
                #"{"when":"","then":{"set":{"args[0]":["{{args[}}"]}}}"#, #"then.set["args[0]"][0]"#,
                "template {{args[}}:"
            ),
            (
                #"{"when":"","then":{"set":{"args[0]":{"$binary":"AA==","x":1}}}}"#,
                #"then.set["args[0]"]["$binary"]"#, "no other keys"
            ),
            (
                #"{"when":"","then":{"set":{"args[0]":[{"$binary":"AA"}]}}}"#, #"then.set["args[0]"][0]["$binary"]"#,
                "expected base64 with padding"
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
