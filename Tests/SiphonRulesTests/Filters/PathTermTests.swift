import SiphonCore
import Testing

@testable import SiphonRules

@Suite("Filter on values")
struct PathTermTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let filter: String, payload: String, isMatch: Bool
        var testDescription: String { "\(filter) \(isMatch ? "matches" : "does not match") \(payload)" }

        init(_ filter: String, _ payload: String, _ isMatch: Bool) {
            (self.filter, self.payload, self.isMatch) = (filter, payload, isMatch)
        }

        func answer(_ change: (inout TestEvent) -> Void = { _ in }) throws -> Bool {
            var event = TestEvent(payload: payload)
            change(&event)
            return try Filter(parsing: filter).matches(event)
        }
    }

    private static let places = [
        Case("args[0].room:lobby", #"["join",{"room":"lobby"}]"#, true),
        Case("args[0].room:lobby", #"["join",{"room":"attic"}]"#, false),
        Case("args[0].room:lobby", #"["join",{"Room":"lobby"}]"#, false),
        Case("args[1].room:lobby", #"["join",{"room":"lobby"}]"#, false),
        Case("args[1]:b", #"["join","a","b"]"#, true), Case("args[0]:join", #"["join","a"]"#, false),
        Case("args[*]:b", #"["join","a","b"]"#, true), Case("args[*]:join", #"["join","a"]"#, false),
        Case(#"args[0].a["b.c"][*].d:1"#, #"["x",{"a":{"b.c":[{"d":0},{"d":1}]}}]"#, true),
        Case(#"args[0].a["b.c"][*].d:2"#, #"["x",{"a":{"b.c":[{"d":0},{"d":1}]}}]"#, false),
        Case(#"args[0]["a b|c):d"]:1"#, #"["x",{"a b|c):d":1}]"#, true),
        Case("args[0].gr\u{F6}\u{DF}e:1", #"["x",{"gr\u00f6\u00dfe":1}]"#, true),
        Case("args[0].a:2", #"["x",{"a":1,"a":2}]"#, true), Case("args[0].a:1", #"["x",{"a":1,"a":2}]"#, false),
        Case("args[0]:1", "[1,2]", true), Case("args[1]:2", "[1,2]", true),  // no name, as the API shows it
        Case("args[0].m:1", #"{"m":1}"#, true), Case("args[*].m:1", #"{"m":1}"#, true),
        Case("args[1].m:1", #"{"m":1}"#, false), Case("args[0]:refused", #""refused""#, true),
        Case("args[0]:exists", "", false), Case("args[0]:exists", "[", false), Case("args[0]:exists", "[]", false),
        Case("args[0]:exists", #"["x"]"#, false), Case("args[0]:exists", #"["x",null]"#, true),
        Case("args[9223372036854775807]:exists", #"["x",1]"#, false),
        Case("not args[0].x:exists", #"["x",{}]"#, true), Case("args[0].x:exists", #"["x",{"x":[]}]"#, true),
        Case("args[*].id:5 -args[*].id:6", #"["x",{"id":5},{"id":7}]"#, true),
        // What is no JSON holds no values.
        Case("args[0].a:1", #"["x",{"a":1}"#, false), Case("args[0].a:1", #"["x",{"a":1}]]"#, false),
        Case("args[0].a:1", #"["x",{"a":1},]"#, false), Case("not args[0].a:1", #"["x",{"a":1}"#, true),
    ]

    private static let values = [
        // Types, and strings of the same text.
        Case("args[0]:true", #"["x",true]"#, true), Case("args[0]:true", #"["x","true"]"#, true),
        Case("args[0]:true", #"["x",false]"#, false), Case("args[0]:true", #"["x",1]"#, false),
        Case("args[0]:false", #"["x",false]"#, true), Case("args[0]:null", #"["x",null]"#, true),
        Case("args[0]:null", #"["x","null"]"#, true), Case("args[0]:null", #"["x",0]"#, false),
        Case("args[0]:1", #"["x",1]"#, true), Case("args[0]:1", #"["x",1.0]"#, true),
        Case("args[0]:1", #"["x",10e-1]"#, true), Case("args[0]:1", #"["x","1"]"#, true),
        Case("args[0]:1", #"["x","1.0"]"#, false), Case("args[0]:1.0", #"["x","1.0"]"#, true),
        Case("args[0]:1", #"["x",12]"#, false), Case("args[0]:1", #"["x",true]"#, false),
        Case("args[0]:-0", #"["x",0]"#, true), Case("args[0]:0", #"["x",-0.0]"#, true),
        Case("args[0]:1e400", #"["x",1e400]"#, true), Case("args[0]:1e400", #"["x",1e401]"#, false),
        Case("args[0]:9007199254740993", #"["x",9007199254740992]"#, false),
        Case("args[0]:10k", #"["x","10k"]"#, true), Case("args[0]:10k", #"["x",10000]"#, false),
        // Quoted text: strings alone, without globs.
        Case(#"args[0]:"true""#, #"["x","true"]"#, true), Case(#"args[0]:"true""#, #"["x",true]"#, false),
        Case(#"args[0]:"1""#, #"["x","1"]"#, true), Case(#"args[0]:"1""#, #"["x",1]"#, false),
        Case(#"args[0]:\1"#, #"["x",1]"#, false), Case(#"args[0]:\1"#, #"["x","1"]"#, true),
        Case(#"args[0]:"a*""#, #"["x","a*"]"#, true), Case(#"args[0]:"a*""#, #"["x","ab"]"#, false),
        Case(#"args[0]:"exists""#, #"["x","exists"]"#, true), Case(#"args[0]:"exists""#, #"["x",1]"#, false),
        Case(#"args[0]:"two words""#, #"["x","two words"]"#, true), Case(#"args[0]:"""#, #"["x",""]"#, true),
        Case(#"args[0]:"a\"b""#, #"["x","a\"b"]"#, true), Case(#"args[0]:">1""#, #"["x",">1"]"#, true),
        Case(#"args[0]:"1..2""#, #"["x","1..2"]"#, true), Case("args[0]:a..b", #"["x","a..b"]"#, true),
        Case(#"args[0]:"/a/""#, #"["x","/a/"]"#, true), Case("args[0]:/a", #"["x","/a"]"#, true),
        Case(#"args[0]:\/a\/b"#, #"["x","/a/b"]"#, true), Case("args[0]:a:b", #"["x","a:b"]"#, true),
        Case("args[0]:/a args[1]:/b", #"["x","/a","/b"]"#, true),
        Case("args[0]:/a|/b args[1]:/b", #"["x","/a","/b"]"#, false),  // a|, then b args[1]:, then no flag
        // Globs, over the whole value.
        Case("args[0]:a*", #"["x","abc"]"#, true), Case("args[0]:a*", #"["x","ba"]"#, false),
        Case("args[0]:a?c", #"["x","a\u00f6c"]"#, true), Case("args[0]:A*", #"["x","abc"]"#, false),
        Case("args[0]:*", #"["x",1]"#, true), Case("args[0]:*", #"["x",[]]"#, false),
        Case("args[0]:*", #"["x",{}]"#, false), Case("args[0]:1?", #"["x",12]"#, true),
        Case("args[0]:t*", #"["x",true]"#, true), Case(#"args[0]:a\**"#, #"["x","a*b"]"#, true),
        Case(#"args[0]:a\**"#, #"["x","ab"]"#, false), Case("args[0]:?", #"["x","\ud83d\ude00"]"#, true),
        Case("args[0]:?", #"["x","\ud83d"]"#, true),  // a lone surrogate reads as U+FFFD
        Case("args[0]:\"\u{FFFD}\"", #"["x","\ud83d"]"#, true), Case("args[0]:😀", #"["x","\ud83d\ude00"]"#, true),
        Case("args[0]:a\\ b*", #"["x","a b c"]"#, true),
        // Alternatives.
        Case("args[0]:a|b|1", #"["x","b"]"#, true), Case("args[0]:a|b|1", #"["x",1]"#, true),
        Case("args[0]:a|b|1", #"["x","c"]"#, false), Case("args[0]:>10|null", #"["x",null]"#, true),
        Case(#"args[0]:"a|b"|c"#, #"["x","a|b"]"#, true),
    ]

    private static let comparisons = [
        Case("args[0].n:>10", #"["x",{"n":10.01}]"#, true), Case("args[0].n:>10", #"["x",{"n":10}]"#, false),
        Case("args[0].n:>=10", #"["x",{"n":1e1}]"#, true), Case("args[0].n:<10", #"["x",{"n":9}]"#, true),
        Case("args[0].n:<10", #"["x",{"n":10}]"#, false), Case("args[0].n:<=10", #"["x",{"n":10.0}]"#, true),
        Case("args[0].n:5..9", #"["x",{"n":5}]"#, true), Case("args[0].n:5..9", #"["x",{"n":9.0}]"#, true),
        Case("args[0].n:5..9", #"["x",{"n":9.1}]"#, false), Case("args[0].n:5..9", #"["x",{"n":4.9}]"#, false),
        Case("args[0].n:-5..-1", #"["x",{"n":-3}]"#, true), Case("args[0].n:>-1", #"["x",{"n":-0}]"#, true),
        Case("args[0].n:0..0", #"["x",{"n":-0}]"#, true), Case("args[0].n:<0", #"["x",{"n":-0}]"#, false),
        Case("args[0].n:>10", #"["x",{"n":"11"}]"#, false), Case("args[0].n:<10", #"["x",{"n":null}]"#, false),
        Case("args[0].n:>10", #"["x",{"n":true}]"#, false), Case("args[0].n:<10", #"["x",{}]"#, false),
        Case("args[0].n:>10k", #"["x",{"n":10001}]"#, true), Case("args[0].n:>10k", #"["x",{"n":10000}]"#, false),
        Case("args[0].n:>1.5M", #"["x",{"n":1500000}]"#, false), Case("args[0].n:>=1.5M", #"["x",{"n":15e5}]"#, true),
        Case("args[0].n:>1G", #"["x",{"n":1000000001}]"#, true), Case("args[0].n:>=1Ki", #"["x",{"n":1024}]"#, true),
        Case("args[0].n:>=1Ki", #"["x",{"n":1023.9}]"#, false), Case("args[0].n:>=1Mi", #"["x",{"n":1048576}]"#, true),
        Case("args[0].n:>=1.5Gi", #"["x",{"n":1610612736}]"#, true),
        Case("args[0].n:>=-0.5Ki", #"["x",{"n":-512}]"#, true), Case("args[0].n:>-0.5Ki", #"["x",{"n":-512}]"#, false),
        Case("args[0].n:>9007199254740992", #"["x",{"n":9007199254740993}]"#, true),
        Case("args[0].n:>12345678901234567890", #"["x",{"n":12345678901234567890.5}]"#, true),
        Case("args[0].n:>1e400", #"["x",{"n":1e401}]"#, true), Case("args[0].n:<1e400", #"["x",{"n":1e401}]"#, false),
        Case("args[0].n:<1e400", #"["x",{"n":-1e500}]"#, true),
    ]

    private static let expressions = [
        Case("args[0].text:/^h.llo$/i", #"["x",{"text":"HELLO"}]"#, true),
        Case("args[0].text:/^h.llo$/", #"["x",{"text":"HELLO"}]"#, false),
        Case(#"args[0]:/a "b|(c)/"#, #"["x","za \"b"]"#, true), Case(#"args[0]:/a "b|c/"#, #"["x","za \"b"]"#, true),
        Case("args[0]:/a b/ args[1]:1", #"["x","a b",1]"#, true), Case(#"args[0]:/a\/b/"#, #"["x","a/b"]"#, true),
        Case("args[0]:/[/]/", #"["x","a/b"]"#, true), Case("args[0]:/[^]/]x/", #"["x","ax"]"#, true),
        Case("args[0]:/[]/]/|b", #"["x","b"]"#, true), Case("args[0]:/a/|/b/i|c", #"["x","B"]"#, true),
        Case("args[0]:/^1/", #"["x",12]"#, true), Case("args[0]:/^tr/", #"["x",true]"#, true),
        Case("args[0]:/a/", #"["x",{"a":1}]"#, false), Case("args[0]:/./", #"["x",[1]]"#, false),
        Case("args[0]:/^.$/", #"["x","\ud83d\ude00"]"#, true), Case(#"args[0]:/^\n$/"#, #"["x","\n"]"#, true),
        Case("(args[0]:/a/)", #"["x","a"]"#, true), Case("args[*]:/b/", #"["x","a","b"]"#, true),
        Case("name:/^ch/", #"["chat"]"#, true), Case("event:/^CH/i", #"["chat"]"#, true),
        Case("event:/^CH/i|x", #"["chat"]"#, true), Case("event:/ab|a t/", #"["chat"]"#, false),
    ]

    private static let names = [
        Case("name:chat", "[]", true), Case("name:ch*", "[]", true), Case("name:Chat", "[]", false),
        Case(#"name:"chat""#, "[]", true), Case("name:exists", "[]", true), Case("name:a|chat", "[]", true),
        Case("name:>1", "[]", false), Case("name:true", "[]", false),
    ]

    @Test("finds the place", arguments: places)
    func findsPlace(test: Case) throws { #expect(try test.answer() == test.isMatch) }

    @Test("compares the value", arguments: values)
    func comparesValue(test: Case) throws {
        guard test.filter != "args[0]:/a|/b args[1]:/b" else {
            #expect(throws: FilterError.self) { try test.answer() }
            return
        }
        #expect(try test.answer() == test.isMatch)
    }

    @Test("compares numbers", arguments: comparisons)
    func comparesNumbers(test: Case) throws { #expect(try test.answer() == test.isMatch) }

    @Test("asks regular expressions", arguments: expressions)
    func asksExpressions(test: Case) throws { #expect(try test.answer() == test.isMatch) }

    @Test("asks for the name", arguments: names)
    func asksName(test: Case) throws {
        #expect(try test.answer() == test.isMatch)
        #expect(try !test.answer { $0.name = nil })
    }

    @Test("takes the list of an ack, and the payload of a connect, for args")
    func takesOtherKinds() throws {
        func event(_ kind: EventKind, _ payload: String) -> TestEvent {
            TestEvent(kind: kind, name: nil, payload: payload)
        }
        #expect(try Filter(parsing: "args[0]:ok").matches(event(.ack, #"["ok",1]"#)))
        #expect(try Filter(parsing: "args[1]:1").matches(event(.ack, #"["ok",1]"#)))
        #expect(try Filter(parsing: "args[0].token:t").matches(event(.connect, #"{"token":"t"}"#)))
        #expect(try Filter(parsing: "args[0].message:no").matches(event(.connectError, #"{"message":"no"}"#)))
        #expect(try Filter(parsing: "args[0]:no").matches(event(.connectError, #""no""#)))
        #expect(try Filter(parsing: "args[0].reason:gone").matches(event(.close, #"[{"reason":"gone"}]"#)))
        #expect(try !Filter(parsing: "args[*]:exists").matches(event(.disconnect, "")))
    }

    @Test("asks the ack of an event, and an ack itself")
    func asksAck() throws {
        let filter = try Filter(parsing: "ack.args[0].ok:true")
        #expect(filter.matches(TestEvent(ackPayload: #"[{"ok":true}]"#)))
        #expect(!filter.matches(TestEvent(ackPayload: #"[{"ok":false}]"#)))
        #expect(!filter.matches(TestEvent(payload: #"["x",{"ok":true}]"#)))
        #expect(!filter.matches(TestEvent(payload: #"["x",{"ok":true}]"#, ackPayload: "[1]")))
        #expect(filter.matches(TestEvent(kind: .ack, name: nil, payload: #"[{"ok":true}]"#)))
        #expect(try Filter(parsing: "ack.args[0]:a").matches(TestEvent(ackPayload: #"["a","b"]"#)))
        #expect(try Filter(parsing: "ack.args[*]:b").matches(TestEvent(ackPayload: #"["a","b"]"#)))
        #expect(try Filter(parsing: "not ack.args[0]:exists").matches(TestEvent()))
    }

    @Test("takes what is deep as far as the editor does", arguments: [(512, true), (513, false), (100_000, false)])
    func takesDeep(depth: Int, isMatch: Bool) throws {
        let lists = depth - 1
        let payload =
            #"["x","#
            + String(repeating: "[", count: lists) + String(repeating: "]", count: lists) + "]"
        #expect(try Filter(parsing: "args[0]:exists").matches(TestEvent(payload: payload)) == isMatch)
    }

    private static let all = places + values + comparisons + expressions + names

    @Test("prints and reads back every filter", arguments: all.filter { $0.filter != "args[0]:/a|/b args[1]:/b" })
    func roundTrips(test: Case) throws {
        let filter = try Filter(parsing: test.filter)
        let again = try Filter(parsing: filter.text)
        #expect(again == filter, "prints as \(filter.text)")
        #expect(again.text == filter.text)
        #expect(again.matches(TestEvent(payload: test.payload)) == test.isMatch)
    }

    @Test(
        "prints one text for what is the same",
        arguments: [
            ("args[0].room:lobby", "args[0].room:lobby"), (#"args[0]["room"]:"lobby""#, "args[0].room:lobby"),
            (#"args[0]["a b"][*]:x"#, #"args[0]["a b"][*]:x"#), ("ack.args[0].x:1|2", "ack.args[0].x:1|2"),
            (#"name:"true""#, #"name:"true""#), ("name:true", "name:true"), (#"name:\true"#, #"name:"true""#),
            (#"name:"exists""#, #"name:"exists""#), (#"name:"5""#, #"name:"5""#), ("name:5.0", "name:5.0"),
            (#"name:\5*"#, "name:5*"), (#"name:"5..6""#, #"name:"5..6""#), (#"name:\5..6*"#, #"name:\5..6*"#),
            (#"name:">5""#, #"name:">5""#), (#"name:\>5*"#, #"name:\>5*"#), (#"name:\/a*"#, #"name:\/a*"#),
            (#"name:\/a\ b*"#, #"name:\/a\ b*"#), ("name:/a", #"name:"/a""#), ("name:/a b/xi", "name:/a b/ix"),
            ("args[0]:>10k", "args[0]:>10000"), ("args[0]:>=1Ki|<1e40", "args[0]:>=1024|<1e40"),
            ("args[0]:1.50..2.0", "args[0]:1.5..2"), ("args[0]:-0..0", "args[0]:0..0"),
            (#"args[0]:"""#, #"args[0]:"""#), ("args[0]:a|\"b c\"|/d e/", "args[0]:a|\"b c\"|/d e/"),
        ])
    func prints(text: String, expected: String) throws {
        let filter = try Filter(parsing: text)
        #expect(filter.text == expected)
        #expect(try Filter(parsing: expected) == filter)
    }
}
