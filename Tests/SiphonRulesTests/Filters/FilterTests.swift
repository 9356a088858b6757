import EngineIOCore
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("Filter")
struct FilterTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let filter: String, event: TestEvent, isMatch: Bool
        var testDescription: String { "\(filter) \(isMatch ? "matches" : "does not match")" }

        init(_ filter: String, _ isMatch: Bool, _ change: (inout TestEvent) -> Void = { _ in }) {
            var event = TestEvent()
            change(&event)
            (self.filter, self.event, self.isMatch) = (filter, event, isMatch)
        }
    }

    private static let terms = [
        Case("", true), Case("   ", true),
        Case("event:chat", true), Case("event:Chat", false), Case("event:cha", false), Case("event:ch*", true),
        Case("event:c?at", true), Case(#"event:"chat""#, true), Case(#"event:"ch*""#, false),
        Case(#"event:"ch*""#, true) { $0.name = "ch*" }, Case(#"event:ch\*"#, true) { $0.name = "ch*" },
        Case(#"event:ch\*"#, false), Case("event:join|chat|x", true), Case("event:join|x", false),
        Case(#"event:"my event""#, true) { $0.name = "my event" },
        Case(#"event:my\ event"#, true) { $0.name = "my event" },
        Case(#"event:"a\"b\\""#, true) { $0.name = #"a"b\"# }, Case("event:a:b", true) { $0.name = "a:b" },
        Case("event:*", true), Case("event:*", false) { $0.name = nil }, Case(#"event:"""#, true) { $0.name = "" },
        Case("event:?", true) { $0.name = "😀" }, Case("event:gr??e", true) { $0.name = "größe" },
        Case(#"event:"/a/""#, true) { $0.name = "/a/" }, Case("event:/a", true) { $0.name = "/a" },
        Case("ns:/", true), Case("ns:/admin", false), Case("ns:/admin", true) { $0.namespace = "/admin" },
        Case("ns:/a*", true) { $0.namespace = "/admin" }, Case("ns:*", true), Case("ns:/a|/", true),
        Case("conn:c7", true), Case("conn:c70", false), Case("conn:c1|c7", true),
        Case("from:client", true), Case("from:upstream", false), Case("from:client|upstream", true),
        Case("kind:event", true), Case("kind:ack", false), Case("kind:event|ack", true),
        Case("kind:connect_error", true) { $0.kind = .connectError },
        Case("transport:websocket", true), Case("transport:polling", false), Case("eio:4", true), Case("eio:3", false),
        Case("eio:3|4", true), Case("parser:json", true), Case("parser:msgpack", false),
        Case("parser:msgpack|json", true),
    ]

    private static let words = [
        Case("hello", true), Case("HELLO", true), Case("wörld", true), Case("WÖRLD", true), Case(#""hello wör""#, true),
        Case("hello wörld", true), Case("text", true), Case("chat", true), Case("1.5", true), Case("true", true),
        Case("absent", false), Case("absent|hello", true), Case(#""\"text""#, false), Case(#""rld n""#, false),
        Case("u00f6", false), Case("hell*", false), Case("2*3", true) { $0.payload = #"["x","1+2*3"]"# },
        Case("a", true) { $0.payload = "[\"a" }, Case("ack", true) { $0.payload = #"{"a":"ack"# },
        Case("x", false) { $0.payload = "" }, Case("aab", true) { $0.payload = #"["aaab"]"# },
        Case(#""""#, true), Case(#""or""#, true) { $0.payload = #"["either or"]"# }, Case("-9", true),
        Case(#""-5""#, true) { $0.payload = "[-5]" },
    ]

    private static let operators = [
        Case("not event:chat", false), Case("-event:chat", false), Case("-event:x", true), Case("--event:chat", true),
        Case("not not event:chat", true), Case("not -event:chat", true), Case("event:chat and from:client", true),
        Case("event:chat from:upstream", false), Case("event:x or from:client", true),
        Case("event:x or event:y", false),
        // `not`, then `and`, then `or`
        Case("event:x from:client or event:chat", true), Case("event:chat or event:x from:upstream", true),
        Case("(event:chat or event:x) from:upstream", false), Case("not event:x event:y", false),
        Case("not (event:x event:y)", true), Case("not event:x or event:chat", true),
        Case("not (event:chat or event:x)", false),
        Case("not event:chat or event:chat", true), Case("-(event:x)", true), Case("not(event:x)", true),
        Case("(((event:chat)))", true), Case("( event:chat )", true), Case("(event:chat)(from:client)", true),
    ]

    @Test("matches term by term", arguments: terms)
    func matchesTerms(test: Case) throws {
        #expect(try Filter(parsing: test.filter).matches(test.event) == test.isMatch)
    }

    @Test("finds words in the decoded arguments", arguments: words)
    func findsWords(test: Case) throws { #expect(try Filter(parsing: test.filter).matches(test.event) == test.isMatch) }

    @Test("binds not before and before or", arguments: operators)
    func binds(test: Case) throws { #expect(try Filter(parsing: test.filter).matches(test.event) == test.isMatch) }

    @Test("asks for each verdict", arguments: Verdict.allCases)
    func matchesVerdict(verdict: Verdict) throws {
        let filter = try Filter(parsing: "is:\(verdict.word)")
        #expect(filter.matches(TestEvent(verdicts: [verdict])))
        #expect(filter.matches(TestEvent(verdicts: [verdict == .held ? .delayed : .held, verdict])))
        #expect(!filter.matches(TestEvent(verdicts: [verdict == .held ? .delayed : .held])))
        #expect(!filter.matches(TestEvent(verdicts: [])))
    }

    @Test("asks for each state of an ack", arguments: AckState.allCases)
    func matchesAckState(state: AckState) throws {
        let filter = try Filter(parsing: "is:\(state.rawValue)|held")
        #expect(filter.matches(TestEvent(ackState: state)))
        #expect(!filter.matches(TestEvent(ackState: state == .late ? .duplicate : .late)))
        #expect(!filter.matches(TestEvent(ackState: nil)))
        #expect(filter.matches(TestEvent(verdicts: [.held])))
    }

    @Test("asks for each kind", arguments: EventKind.allCases)
    func matchesKind(kind: EventKind) throws {
        #expect(try Filter(parsing: "kind:\(kind.word)").matches(TestEvent(kind: kind, name: nil)))
        #expect(try !Filter(parsing: "-kind:\(kind.word)").matches(TestEvent(kind: kind, name: nil)))
    }

    private static let canonical = [
        ("event:chat", "event:chat"), ("  event:chat   and  from:client ", "event:chat from:client"),
        ("-a", "not a"), ("not (a)", "not a"), ("a and (b and c)", "a b c"), ("(a or b) or c", "a or b or c"),
        ("a b or c", "a b or c"), ("a (b or c)", "a (b or c)"), ("not (a b)", "not (a b)"), ("--a", "not not a"),
        (#"event:"chat""#, "event:chat"), (#"event:"my event""#, #"event:"my event""#),
        (#"event:ch\*"#, #"event:"ch*""#),
        (#"event:c\**"#, #"event:c\**"#), (#"event:a\ b*"#, #"event:a\ b*"#), (#"event:"/a/""#, #"event:"/a/""#),
        (#"event:\/a/*"#, #"event:\/a/*"#), ("ns:/a/*", "ns:/a/*"), ("ns:/admin|/", "ns:/admin|/"),
        (#""two words""#, #""two words""#), (#""or""#, #""or""#), (#""Not""#, #""Not""#), (#"a\:b"#, #""a:b""#),
        (#""-a""#, #""-a""#), (#""""#, #""""#), (#""a\"b\\c""#, #""a\"b\\c""#), ("a|\"b c\"|d", "a|\"b c\"|d"),
        ("is:held|late kind:event|ack conn:c1|c2 from:client", "is:held|late kind:event|ack conn:c1|c2 from:client"),
        ("transport:polling|websocket eio:3|4 parser:json", "transport:polling|websocket eio:3|4 parser:json"),
        ("größe", "größe"), ("ev*t", #""ev*t""#), ("", ""), ("not not not a", "not not not a"),
        ("event:a:b", "event:a:b"), ("\"a\u{301}\" \"\u{301}\"", "\"a\u{301}\" \"\u{301}\""),
    ]

    @Test("prints one text for what is the same, and reads it back", arguments: canonical)
    func prints(text: String, expected: String) throws {
        let filter = try Filter(parsing: text)
        #expect(filter.text == expected)
        let again = try Filter(parsing: filter.text)
        #expect(again == filter)
        #expect(again.text == filter.text)
        #expect(filter.source == text)
    }

    @Test("prints and reads back every filter of the tests", arguments: terms + words + operators)
    func roundTrips(test: Case) throws {
        let filter = try Filter(parsing: test.filter)
        let again = try Filter(parsing: filter.text)
        #expect(again == filter)
        #expect(again.matches(test.event) == test.isMatch)
    }

    @Test(
        "tells filters that name connections alone",
        arguments: [
            ("", true), ("conn:c1", true), ("ns:/a transport:polling eio:4 parser:json -conn:c2", true),
            ("(ns:/a or not ns:/b)", true), ("event:a", false), ("conn:c1 hello", false),
            ("ns:/ or from:client", false),
            ("not kind:ack", false), ("conn:c1 (ns:/ or is:held)", false),
        ])
    func namesConnections(text: String, expected: Bool) throws {
        #expect(try Filter(parsing: text).onlyNamesConnections == expected)
    }

    @Test("matches a connection")
    func matchesConnection() throws {
        let filter = try Filter(parsing: "conn:c1 ns:/a transport:polling eio:3")
        func matches(_ id: UInt64, _ namespace: String, _ transport: EngineTransport, _ version: UInt8) -> Bool {
            filter.matchesConnection(
                ConnectionID(id), namespace: namespace, transport: transport, engineVersion: version)
        }
        #expect(matches(1, "/a", .polling, 3))
        #expect(!matches(2, "/a", .polling, 3))
        #expect(!matches(1, "/", .polling, 3))
        #expect(!matches(1, "/a", .webSocket, 3))
        #expect(!matches(1, "/a", .polling, 4))
    }
}
