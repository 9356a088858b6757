import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("RuleStore: shaping")
struct RuleShapingTests {
    private let store = RuleStore()

    @discardableResult
    private func add(_ then: String, _ more: String = "", when: String = "") throws -> RuleID {
        try store.add(try JSONValue(parsing: #"{"when":"\#(when)","then":\#(then)\#(more)}"#))
    }

    /// - Parameter at: milliseconds since the start.
    private func decide(_ text: String = #"2["a",1]"#, at time: Int64 = 0, depth: Int = 0) throws -> EventDecision {
        let context = EventContext(
            connection: ConnectionID(7), from: .client, transport: .webSocket,
            at: Moment(monotonic: .uptimeNanoseconds(0) + .milliseconds(time), wall: time * 1_000_000),
            emissionDepth: depth)
        return MiddlewareChain([store]).handle(try SocketPacket(text: text), context: context)
    }

    /// Of so many events, each a millisecond after the one before, the numbers of those that a rule acts on.
    private func acting(_ conditions: String, of count: Int64) throws -> [Int64] {
        let id = try add(#"{"mark":"x"}"#, conditions)
        defer { store.remove(id) }
        return try (1...count).filter { try decide(at: $0).rules == [id] }
    }

    // MARK: Conditions

    @Test(
        "acts on the matches that the conditions name",
        arguments: [
            ("", [1, 2, 3, 4, 5, 6]), (#","times":2"#, [1, 2]), (#","after":4"#, [5, 6]), (#","every":3"#, [3, 6]),
            (#","after":1,"every":2"#, [3, 5]), (#","after":1,"times":3"#, [2, 3, 4]), (#","for":"2ms""#, [1, 2, 3]),
            (#","after":2,"for":"1ms""#, [3, 4]), (#","every":2,"times":1"#, [2]), (#","probability":0"#, []),
            (#","probability":1"#, [1, 2, 3, 4, 5, 6]), (#","for":"0ms""#, [1]),
        ] as [(String, [Int64])])
    func obeys(conditions: String, expected: [Int64]) throws {
        #expect(try acting(conditions, of: 6) == expected)
    }

    @Test("draws the same with the same seed, and about as often as it should")
    func drawsBySeed() throws {
        let first = try acting(#","probability":0.25,"seed":7"#, of: 4000)
        #expect(try acting(#","probability":0.25,"seed":7"#, of: 4000) == first)
        #expect(try acting(#","probability":0.25,"seed":8"#, of: 4000) != first)
        #expect((900...1100).contains(first.count))
    }

    @Test("does not use up its times on events that it does nothing to")
    func givesBack() throws {
        let id = try add(#"{"set":{"args[0].x":1}}"#, #","times":1"#)
        #expect(try decide(#"2["a",5]"#).rules == [])
        #expect(try decide(#"2["a",{}]"#).rules == [id])
        #expect(try decide(#"2["a",{}]"#).rules == [])
    }

    @Test("shows conditions as they were written, and starts anew where they change")
    func showsConditions() throws {
        let id = try add(#""drop""#, #","times":1,"for":"1.50s""#)
        #expect(store.status(of: id)?.json.text.contains(#""stop":false,"times":1,"for":"1.50s","source""#) == true)
        #expect(try decide().packet == nil)
        #expect(try decide().packet != nil)
        try store.replace(id, ["when": "", "then": "drop", "times": 2])
        #expect(try decide().packet == nil)
    }

    // MARK: Time and order

    @Test(
        "delays by the time, the jitter drawn by seed",
        arguments: [(#""300ms""#, 300...300), (#"{"for":"1s"}"#, 1000...1000)])
    func delays(value: String, expected: ClosedRange<Int64>) throws {
        try add(#"{"delay":\#(value)}"#)
        let delay = try #require(try decide().shaping?.delay)
        #expect(expected.contains(delay.nanoseconds / 1_000_000))
    }

    @Test("stays within the jitter and never below zero")
    func jitters() throws {
        try add(#"{"delay":{"for":"10ms","jitter":"30ms"}}"#, #","seed":1"#)
        let delays = try (0..<200).map { _ in try #require(try decide().shaping?.delay.nanoseconds) }
        #expect(delays.allSatisfy { (0...40_000_000).contains($0) })
        #expect(delays.contains(0) && delays.contains { $0 > 30_000_000 })
    }

    @Test("adds up what several rules delay")
    func addsDelays() throws {
        try add(#"{"delay":"100ms"}"#)
        try add(#"{"delay":"200ms"}"#)
        #expect(try decide().shaping?.delay == .milliseconds(300))
    }

    @Test("throttles what is not dropped, and sends as often as the rule that duplicates most")
    func shapes() throws {
        let id = try add(#"[{"throttle":{"events":2,"per":"100ms"}},{"duplicate":5}]"#)
        try add(#""duplicate""#)
        let shaping = try decide().shaping
        #expect(shaping?.throttles == [.init(rule: id, events: 2, per: .milliseconds(100))])
        #expect(shaping?.copies == 5)
        store.remove(id)
        try add(#"["drop",{"throttle":{"events":2,"per":"1h"}}]"#)
        #expect(try decide().shaping?.throttles == [])
    }

    @Test("makes no placeholder of what the sender meant for data, nor sends one that refers to nothing")
    func forgesNothing() throws {
        let id = try add(
            #"{"emit":{"to":"client","name":"n","args":["{{args[0]}}",{"$binary":"AAAA"}]}}"#, when: "event:q")
        #expect(try decide(#"2["q",1]"#).shaping?.emissions.count == 1)
        #expect(store.status(of: id)?.error == nil)
        #expect(try decide(#"2["q",{"_placeholder":true,"num":7}]"#).shaping?.emissions.count ?? 0 == 0)
        #expect(store.status(of: id)?.error?.contains("mixed up binary values") == true)
        #expect(try decide(#"2["q",1]"#).shaping?.emissions.count == 1)
        #expect(store.status(of: id)?.error == nil, "forgotten once it works again")
    }

    @Test("numbers what it does without gaps, and each once from many threads")
    func numbers() async throws {
        try add(#"{"set":{"args[0]":"{{counter}}"}}"#, when: "event:a")
        #expect(try decide("2[5]").rules.isEmpty)
        let seen = await withTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask { (0..<100).compactMap { _ in try? decide().packet?.wire } }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(seen) == Set((1...400).map { #"2["a",\#($0)]"# }))
    }

    @Test("duplicates and reorders events and nothing else", arguments: [#"2["a"]"#, "31[]", "0", "1"])
    func shapesEvents(text: String) throws {
        try add(#"["duplicate",{"reorder":{"window":3,"seed":7}}]"#)
        let shaping = try decide(text).shaping
        #expect((shaping?.copies ?? 1) == (text.hasPrefix("2") ? 2 : 1))
        #expect(shaping?.reordering?.window == (text.hasPrefix("2") ? 3 : nil))
    }

    // MARK: Besides

    @Test("replies to events alone", arguments: [(#"25["a"]"#, #"35[{"ok":false}]"#), (#"2["a"]"#, nil)])
    func replies(text: String, answer: String?) throws {
        let id = try add(#"{"reply":[{"ok":false}]}"#)
        #expect(
            try decide(text)
                == EventDecision(packet: nil, rules: [id], answer: answer.map { try SocketPacket(text: $0) }))
        #expect(try decide("31[]").packet != nil)
    }

    @Test("answers with what the event said, and with binary values")
    func repliesWithTemplates() throws {
        try add(#"{"reply":["{{args[0]}}",{"$binary":"AQ=="}]}"#)
        let answer = try #require(try decide(#"2/n,5["a",{"x":1.0}]"#).answer)
        #expect(answer.wire == #"61-/n,5[{"x":1.0},{"_placeholder":true,"num":0}]"#)
        #expect(answer.attachments.map { Array($0.bytes.readableBytesView) } == [[1]])
    }

    @Test("emits what its values say")
    func emits() throws {
        let id = try add(
            #"[{"emit":{"to":"client","name":"{{name}}-seen","args":["{{args[0]}}"],"after":"1s"}},{"emit":{"to":"upstream","namespace":"/x","name":"b"}}]"#
        )
        let emissions = try decide(#"2["a",{"x":1.0}]"#).shaping?.emissions
        #expect(emissions?.map(\.packet.wire) == [#"2["a-seen",{"x":1.0}]"#, #"2/x,["b"]"#])
        #expect(emissions?.map(\.to) == [.client, .upstream])
        #expect(emissions?.map(\.after) == [.seconds(1), .zero])
        #expect(emissions?.allSatisfy { $0.rule == id } == true)
    }

    @Test("stops what would cause itself for ever, and says so")
    func stopsLoops() throws {
        let id = try add(#"{"emit":{"to":"upstream","name":"a"}}"#, when: "event:a")
        #expect(try decide(depth: Limits.emissionDepth - 1).shaping?.emissions.count == 1)
        #expect(store.status(of: id)?.error == nil)
        #expect(try decide(depth: Limits.emissionDepth) == EventDecision(packet: try SocketPacket(text: #"2["a",1]"#)))
        #expect(store.status(of: id)?.error?.contains("makes it act again") == true)
        #expect(store.firstProblem?.path == "r1")
    }

    @Test("emits no more than one event may cause, and says so")
    func stopsFloods() throws {
        let emission = #"{"emit":{"to":"upstream","name":"b","args":["{{args[0]}}"]}}"#
        let id = try add("[\(Array(repeating: emission, count: 100).joined(separator: ","))]", when: "event:a")
        #expect(try decide().shaping?.emissions.count == 100)
        #expect(store.status(of: id)?.error == nil)
        let large = #"2["a","\#(String(repeating: "x", count: Limits().queuedBytes / 10))"]"#
        #expect(try decide(large).shaping?.emissions.count == 9)
        #expect(store.status(of: id)?.error?.contains("too many others, or too large ones") == true)
    }

    @Test("emits and marks also what it drops")
    func dropsAndEmits() throws {
        try add(#"["drop",{"emit":{"to":"client","name":"gone"}},{"mark":"lost"},{"set":{"args[0]":2}}]"#)
        let decision = try decide()
        #expect(decision.packet == nil)
        #expect(decision.shaping?.emissions.count == 1)
        #expect(decision.shaping?.marks == ["lost"])
    }

    @Test("marks each word once, and keeps those of earlier rules")
    func marks() throws {
        try add(#"{"mark":["a","b"]}"#)
        try add(#"{"mark":["b","c"]}"#)
        #expect(try decide().shaping?.marks == ["a", "b", "c"])
    }

    @Test(
        "ends what it says",
        arguments: [("transport", DisconnectMethod.transport), ("server", .server), ("namespace", .namespace("/n"))])
    func disconnects(word: String, method: DisconnectMethod) throws {
        let id = try add(#"{"disconnect":"\#(word)"}"#)
        #expect(try decide(#"2/n,["a"]"#).shaping?.disconnection == .init(rule: id, method: method))
    }
}
