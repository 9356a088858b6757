import EngineIOCore
import LosslessJSON
import NIOConcurrencyHelpers
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("RuleStore")
struct RuleStoreTests {
    private let store = RuleStore()

    private func add(_ when: String, _ then: String, _ more: String = "") throws -> RuleID {
        try store.add(try JSONValue(parsing: #"{"when":"\#(when)","then":\#(then)\#(more)}"#))
    }

    private func decide(_ text: String, from side: Side = .client) throws -> EventDecision {
        MiddlewareChain([store]).handle(try SocketPacket(text: text), context: Self.context(side))
    }

    private static func context(_ side: Side) -> EventContext {
        .from(side, at: Moment(monotonic: .uptimeNanoseconds(0), wall: 1000))
    }

    private func wants(_ text: String, from side: Side = .client) throws -> Bool {
        store.wants(try SocketPacket(text: text), context: .from(side))
    }

    @Test("wants what an enabled rule may match and nothing without rules")
    func wants() throws {
        #expect(try !wants(#"2["a"]"#))
        let id = try add("event:a from:client", #""drop""#)
        #expect(try wants(#"2["a"]"#))
        #expect(try !wants(#"2["a"]"#, from: .upstream))
        #expect(try !wants(#"2["b"]"#))
        try store.replace(id, ["when": "event:a", "then": "drop", "enabled": false])
        #expect(try !wants(#"2["a"]"#))
        #expect(store.activeCount == 0)
        #expect(try decide(#"2["a"]"#).packet != nil)
    }

    @Test("passes what no rule matches as it was")
    func passes() throws {
        _ = try add("event:a absent", #""drop""#)
        let packet = try SocketPacket(text: #"2["a","b"]"#)
        #expect(MiddlewareChain([store]).handle(packet, context: .from(.client)) == EventDecision(packet: packet))
        #expect(store.list()[0].hits == 0)
        #expect(store.list()[0].lastHit == nil)
    }

    @Test("drops each kind of packet", arguments: [#"2["a"]"#, "31[]", "0", #"4"x""#, "1"])
    func drops(text: String) throws {
        let id = try add("", #""drop""#)
        #expect(try decide(text) == EventDecision(packet: nil, rules: [id]))
        #expect(
            store.list() == [
                RuleStatus(
                    id: id, rule: store.list()[0].rule, isEnabled: true, source: .api, hits: 1, lastHit: 1000,
                    error: nil)
            ])
    }

    @Test(
        "answers the sender of a dropped event that wants an ack",
        arguments: [(#"25["a"]"#, #"[1.0,"é"]"#), (#"2["a"]"#, nil), ("35[]", nil), ("0", nil)] as [(String, String?)])
    func answers(text: String, answer: String?) throws {
        let id = try add("", #"{"drop":{"ack":[1.0,"é"]}}"#)
        #expect(
            try decide(text)
                == EventDecision(packet: nil, rules: [id], answer: answer.map { try SocketPacket(text: "35\($0)") }))
    }

    @Test("runs rules in order, each on what the one before made")
    func runsInOrder() throws {
        let first = try add("event:a", #"{"set":{"name":"b","args[0]":"new"}}"#)
        _ = try add("event:a", #""drop""#)
        let third = try add("event:b new", #"[{"set":{"args[1]":2}},{"set":{"args[2]":3}}]"#)
        let decision = try decide(#"2["a","old"]"#)
        #expect(decision.packet?.wire == #"2["b","new",2,3]"#)
        #expect(decision.rules == [first, third])
        #expect(store.list().map(\.hits) == [1, 0, 1])
    }

    @Test("looks for words in what an earlier rule made, not in what came")
    func rereadsArguments() throws {
        _ = try add("old", #"{"set":{"args[0]":"new"}}"#)
        _ = try add("old", #""drop""#)
        #expect(try decide(#"2["a","old"]"#).packet?.wire == #"2["a","new"]"#)
    }

    @Test("leaves later rules out behind a rule with stop that acted, and only then")
    func stops() throws {
        let first = try add("event:a", #"{"set":{"args[0].x":1}}"#, #","stop":true"#)
        let second = try add("event:a", #"{"set":{"args[1]":2}}"#)
        #expect(try decide(#"2["a",{},0]"#).rules == [first])
        #expect(try decide(#"2["a",{},0]"#).packet?.wire == #"2["a",{"x":1},0]"#)
        // No map to set `x` into: the first rule does nothing.
        #expect(try decide(#"2["a",0,0]"#).rules == [second])
        #expect(store.list().map(\.hits) == [2, 1])
    }

    @Test("goes on behind a drop with nothing, and counts the rules up to it")
    func dropsLast() throws {
        let first = try add("", #"{"set":{"args[0]":1}}"#)
        let second = try add("", #"[{"set":{"args[0]":2}},"drop"]"#)
        _ = try add("", #"{"set":{"args[0]":3}}"#)
        #expect(try decide(#"2["a"]"#) == EventDecision(packet: nil, rules: [first, second]))
    }

    @Test("puts its rules before those of the steps behind it")
    func callsNext() throws {
        let id = try add("", #"{"set":{"args[0]":1}}"#)
        let other = RuleStore()
        for _ in 1...5 { try other.add(try Rule.reading(#"{"when":"event:never","then":"drop"}"#)) }
        let last = try other.add(try Rule.reading(#"{"when":"","then":"drop"}"#))
        let chain = MiddlewareChain([store, other])
        #expect(chain.handle(try SocketPacket(text: #"2["a"]"#), context: .from(.client)).rules == [id, last])
    }

    @Test("never gives an id twice")
    func countsIDs() throws {
        #expect(try add("a", #""drop""#).description == "r1")
        #expect(try add("b", #""drop""#).description == "r2")
        #expect(store.remove(RuleID(2)))
        #expect(!store.remove(RuleID(2)))
        #expect(throws: RuleError.self) { try add("(", #""drop""#) }
        #expect(try add("c", #""drop""#).description == "r3")
        #expect(store.list().map(\.id.description) == ["r1", "r3"])
    }

    @Test("replaces a rule in its place, and keeps its hits if it does the same")
    func replaces() throws {
        let id = try add("event:a", #""drop""#)
        _ = try decide(#"2["a"]"#)
        #expect(try store.replace(id, ["name": "x", "when": " event:a", "then": ["drop"], "enabled": false]))
        #expect(store.status(of: id)?.hits == 1)
        #expect(store.status(of: id)?.rule.name == "x")
        #expect(try store.replace(id, ["when": "event:b", "then": "drop"]))
        #expect(store.status(of: id)?.hits == 0)
        #expect(try !store.replace(RuleID(9), ["when": "", "then": "drop"]))
        #expect(throws: RuleError.self) { try store.replace(id, ["when": ""]) }
        #expect(store.status(of: id)?.rule.when.source == "event:b")
    }

    @Test("takes another order of the same rules and nothing else")
    func reorders() throws {
        let ids = try (0..<3).map { _ in try add("", #""drop""#) }
        try store.reorder([ids[2], ids[0], ids[1]])
        #expect(store.list().map(\.id) == [ids[2], ids[0], ids[1]])
        for wrong in [[ids[0]], [ids[0], ids[0], ids[1]], ids + [RuleID(9)], ids + [ids[0]], []] {
            #expect(throws: RuleError.self) { try store.reorder(wrong) }
        }
        #expect(store.list().map(\.id) == [ids[2], ids[0], ids[1]])
    }

    @Test("holds as many rules as the limit and none more")
    func limitsRules() throws {
        let rule = try Rule.reading(#"{"when":"","then":"drop"}"#)
        for _ in 0..<RuleParser.ruleLimit { try store.add(rule) }
        #expect(throws: RuleError.self) { try store.add(rule) }
        #expect(store.list().count == RuleParser.ruleLimit)
    }

    @Test("disables a rule whose filter cannot be answered, until somebody says otherwise")
    func disables() throws {
        let id = try add(#"args[0]:/(a+)+$/"#, #""drop""#)
        let packet = "2[\"a\",\"\(String(repeating: "a", count: 200_000))!\"]"
        #expect(try decide(packet).packet != nil)
        #expect(store.status(of: id)?.isEnabled == false && store.status(of: id)?.rule.enabled == true)
        #expect(store.status(of: id)?.error?.hasPrefix("disabled: the regular expression /(a+)+$/") == true)
        #expect(store.firstProblem?.path == "r1" && store.activeCount == 0)
        // A file that is read again does not mean it.
        try store.load([try #require(store.status(of: id)).rule])
        try store.replace(id, ["when": "args[0]:/a+$/", "then": "drop"])
        #expect(store.status(of: id)?.isEnabled == true && store.status(of: id)?.error == nil)
    }

    @Test("a rule of the file that does the same keeps its id and hits, whatever else changed in it")
    func keepsActivity() throws {
        let rule = try Rule.reading(#"{"name":"a","when":"event:a","then":"drop","times":2}"#)
        let other = try Rule.reading(#"{"when":"event:b","then":"drop"}"#)
        let ids = try store.load([rule, other])
        _ = try decide(#"2["a"]"#)
        let renamed = try Rule.reading(#"{"name":"b","when":"event:a","then":"drop","times":2,"enabled":false}"#)
        #expect(try store.load([other, renamed]) == [ids[1], ids[0]])
        #expect(store.status(of: ids[0])?.hits == 1 && store.status(of: ids[0])?.rule.name == "b")
    }

    @Test("counts each hit of many threads once, and each sees a whole set")
    func countsConcurrently() async throws {
        let store = RuleStore()
        let set = try JSONValue(parsing: #"{"set":{"args[0]":1}}"#)
        let counted = try store.add(["when": "", "then": set])
        let packet = try SocketPacket(text: #"2["a"]"#)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<500 {
                        let rules = store.handle(packet, context: .from(.client)) { packet, _ in
                            EventDecision(packet: packet)
                        }.rules
                        #expect(rules.filter { $0 == counted }.count == 1)
                    }
                }
            }
            group.addTask {
                for _ in 0..<100 {
                    let other = try store.add(["when": "", "then": set])
                    try store.reorder([other, counted])
                    store.remove(other)
                }
            }
            try await group.waitForAll()
        }
        #expect(store.status(of: counted)?.hits == 2000)
    }

    @Test("shows rules as the API does")
    func shows() throws {
        _ = try add("event:a", #""drop""#)
        _ = try decide(#"2["a"]"#)
        let rule = #"{"id":"r1","name":null,"when":"event:a","then":"drop","enabled":true,"stop":false,"source":"api","#
        let expected =
            #"{"rules":[\#(rule)"hits":1,"lastHit":"1970-01-01T00:00:00.000001000Z","error":null}],"error":null}"#
        #expect(store.ruleJSON.text == expected)
    }

    @Test("reads a file anew, and keeps the old set and says why where it is wrong")
    func loads() throws {
        func load(_ text: String) throws {
            do throws(RuleError) { try store.load(try RuleFileText(text).rules) } catch {
                store.fail(error)
                throw error
            }
        }
        let added = try add("event:added", #""drop""#)
        try load("rules:\n- { when: event:a, then: drop }\n- { when: event:b, then: drop }\n")
        #expect(store.list().map(\.id) == [RuleID(2), RuleID(3), added])
        _ = try decide(#"2["a"]"#)

        #expect(throws: RuleError.self) { try load("rules:\n- { when: event:a }\n") }
        #expect(store.error?.line == 2)
        #expect(store.ruleJSON["error"]?["path"]?.string == "rules[0]")
        #expect(store.list().map(\.id) == [RuleID(2), RuleID(3), added])

        try load("rules:\n- { when: event:c, then: drop }\n- { when: event:a, then: drop }\n")
        #expect(store.error == nil)
        #expect(store.list().map(\.id) == [RuleID(4), RuleID(2), added])
        #expect(store.list().map(\.hits) == [0, 1, 0])
    }

    @Test("says which rules are the file's, also once they were changed or moved over the API")
    func tellsSource() throws {
        let file = try RuleFileText("rules:\n- { when: event:a, then: drop }\n")
        let added = try add("event:added", #""drop""#)
        try store.load(file.rules)
        let loaded = store.list()[0].id
        func sources() -> [String?] { store.ruleJSON["rules"]?.elements?.map { $0["source"]?.string } ?? [] }
        #expect(sources() == ["file", "api"])

        // What was shown can be sent back; where it says to come from changes nothing.
        #expect(try store.replace(loaded, try #require(store.status(of: added)).json))
        try store.reorder([added, loaded])
        #expect(sources() == ["api", "file"])

        // The file brings its rule back in the place of the one that was changed.
        try store.load(file.rules)
        #expect(sources() == ["file", "api"])
        #expect(store.list().map(\.rule.when.source) == ["event:a", "event:added"])

        // Saved, it is the file's, and the next reading finds it there.
        store.markSaved([loaded, added])
        #expect(sources() == ["file", "file"])
        #expect(try store.load(store.list().map(\.rule)) == store.list().map(\.id))
        #expect(store.list().contains { $0.id == added })
    }

    @Test(
        "a set whose path leads nowhere changes nothing, counts no hit and does not stop",
        arguments: [
            (#"{"args[0].x":1}"#, #"2["a",5]"#), (#"{"args[0].x.y":1}"#, #"2["a",{}]"#),
            (#"{"args[2]":1}"#, #"2["a",5]"#),
            (#"{"args[0][1]":1}"#, #"2["a",[]]"#), (#"{"ack.args[0]":1}"#, #"2["a",5]"#), (#"{"name":"b"}"#, "31[5]"),
            (#"{"args[0]":1}"#, "1"), (#"{"args[0]":1}"#, "0"), (#"{"args[0]":1}"#, #"2["a",5"#),
        ])
    func actsNowhere(set: String, text: String) throws {
        let nowhere = try add("", #"[{"set":\#(set)}]"#, #","stop":true"#)
        let last = try add("", #""drop""#)
        #expect(try decide(text) == EventDecision(packet: nil, rules: [last]))
        store.remove(last)
        let packet = try SocketPacket(text: text)
        #expect(try decide(text) == EventDecision(packet: packet))
        #expect(store.status(of: nowhere)?.hits == 0 && store.status(of: nowhere)?.lastHit == nil)
    }

    @Test(
        "writes times in UTC with nine digits",
        arguments: [
            (0, "1970-01-01T00:00:00.000000000Z"), (-1, "1969-12-31T23:59:59.999999999Z"),
            (1_795_341_600_123_456_789, "2026-11-22T10:00:00.123456789Z"),
            (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"), (.max, "2262-04-11T23:47:16.854775807Z"),
            (.min, "1677-09-21T00:12:43.145224192Z"),
        ] as [(Int64, String)])
    func writesTimes(nanoseconds: Int64, expected: String) {
        #expect(Timestamp.text(nanoseconds: nanoseconds) == expected)
    }
}
