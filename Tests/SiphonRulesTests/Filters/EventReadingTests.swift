import EngineIOCore
import SiphonCore
import Testing

@testable import SiphonRules

/// An event whose JSON can be read once: afterwards only its values are left in their places.
private final class FleetingEvent: EventView {
    private let first: [UInt8]
    private let later: [UInt8]
    private(set) var reads = 0

    init(_ payload: String) {
        first = Array(payload.utf8)
        later = first.map { [UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{")].contains($0) ? 0x23 : $0 }
    }

    let connection = ConnectionID(1)
    let from = Side.client
    let kind = EventKind.event
    let transport = EngineTransport.webSocket
    let engineVersion: UInt8 = 4
    let time: Int64 = 0
    let sizeBytes = 100
    let verdicts: Verdicts = []
    let ackState: AckState? = nil
    let ackLatencyNanoseconds: Int64? = nil
    let marks = ["a"]
    let namespace = "/"
    let name: String? = "x"

    func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        reads += 1
        return (reads == 1 ? first : later).withUnsafeBytes { body($0) }
    }
}

@Suite("EventReading")
struct EventReadingTests {
    @Test("parses the arguments once, for all filters and terms")
    func parsesOnce() throws {
        let event = FleetingEvent(#"["x",{"a":1,"b":"c"}]"#)
        var reading = EventReading(now: 0)
        for text in ["args[0].a:2", "args[0].a:1 args[0].b:c", "args[0].b:/c/", "not args[0].b:d"] {
            #expect(try Filter(parsing: text).matches(event, reading: &reading) == (text != "args[0].a:2"))
        }
        #expect(event.reads == 5)
    }

    @Test("parses the words once, for all filters")
    func readsWordsOnce() throws {
        let event = FleetingEvent(#"["x","hello"]"#)
        var reading = EventReading(now: 0)
        for _ in 0..<3 { #expect(try Filter(parsing: "hello -absent").matches(event, reading: &reading)) }
        #expect(event.reads == 1)
    }

    @Test(
        "reads no argument where the rest decides, wherever it stands",
        arguments: [
            ("args[0].a:1 event:other", false), ("hello event:other", false), ("args[0]:/a/ ns:/other", false),
            ("args[0].a:1 or event:x", true), ("(args[0]:1 or hello) and not event:x", false),
            ("args[0]:/a/ or mark:a", true), ("args[0]:1 size:>1k", false), ("name:x or args[0]:1", true),
            ("event:x ns:/ conn:c1 from:client kind:event transport:websocket eio:4 size:100 time:>-1s mark:a", true),
        ])
    func readsNothing(text: String, expected: Bool) throws {
        let event = FleetingEvent(#"["x",{"a":1}]"#)
        #expect(try Filter(parsing: text).matches(event) == expected)
        #expect(event.reads == 0)
    }

    @Test("forgets")
    func forgets() throws {
        var reading = EventReading(now: 0)
        let filter = try Filter(parsing: "args[0]:a a ack.args[0]:a")
        #expect(filter.matches(TestEvent(payload: #"["x","a"]"#, ackPayload: #"["a"]"#), reading: &reading))
        reading.forget()
        #expect(!filter.matches(TestEvent(payload: #"["x","a"]"#, ackPayload: #"["b"]"#), reading: &reading))
        reading.forget()
        #expect(!filter.matches(TestEvent(payload: #"["x","b"]"#, ackPayload: #"["a"]"#), reading: &reading))
        reading.forget()
        #expect(filter.matches(TestEvent(payload: #"[1,"x","a"]"#, ackPayload: #"["a"]"#), reading: &reading) == false)
    }

    private static let hard = TestEvent(payload: "[\"x\",\"" + String(repeating: "a", count: 100_000) + "!\"]")

    @Test(
        "does not match where a regular expression takes too much work, and says which one",
        arguments: [
            "args[0]:/(a+)+$/", "not args[0]:/(a+)+$/", "-(event:other or args[0]:/(a+)+$/)",
            "not (event:chat args[0]:/(a+)+$/)", "not args[*]:/(a+)+$/ or args[0]:/b/", "--args[0]:b|/(a+)+$/|a*",
        ])
    func fails(text: String) throws {
        var reading = EventReading(now: 0)
        #expect(try !Filter(parsing: text).matches(Self.hard, reading: &reading))
        #expect(reading.fault == FilterFault(expression: "/(a+)+$/"))
        #expect(reading.fault?.description == "the regular expression /(a+)+$/ takes too much work")
        #expect(try !Filter(parsing: text).matches(Self.hard))
        // The next filter has all its work before it.
        #expect(try Filter(parsing: "args[0]:/a!/").matches(Self.hard, reading: &reading))
        #expect(reading.fault == nil)
    }

    @Test(
        "needs no answer where the rest decides",
        arguments: [("event:chat or args[0]:/(a+)+$/", true), ("args[0]:/(a+)+$/ event:other", false)])
    func needsNoAnswer(text: String, expected: Bool) throws {
        var reading = EventReading(now: 0)
        #expect(try Filter(parsing: text).matches(Self.hard, reading: &reading) == expected)
        #expect(reading.fault == nil)
    }

    @Test("counts the work of all values of an event together")
    func countsTogether() throws {
        func event(_ count: Int) -> TestEvent {
            TestEvent(payload: "[\"x\"" + String(repeating: ",\"aaaaaaaaaa!\"", count: count) + "]")
        }
        var reading = EventReading(now: 0)
        let filter = try Filter(parsing: "args[*]:/(a+)+$/")
        #expect(!filter.matches(event(1), reading: &reading))
        let values = Int(1 / reading.expressionWork)
        #expect((10...10_000).contains(values))
        for (count, isAnswered) in [(values, true), (values + 1, false)] {
            reading.forget()
            #expect(!filter.matches(event(count), reading: &reading))
            #expect((reading.fault == nil) == isAnswered)
        }
    }

    @Test("adds up the work of all regular expressions")
    func addsUpWork() throws {
        var reading = EventReading(now: 0)
        let filter = try Filter(parsing: "event:chat or args[0]:/(a+)+$/")
        #expect(filter.matches(Self.hard, reading: &reading))
        #expect(reading.expressionWork == 0)
        for count in 1...3 {
            reading.forget()
            #expect(try !Filter(parsing: "args[0]:/(a+)+$/").matches(Self.hard, reading: &reading))
            #expect(reading.expressionWork == Double(count))
        }
    }
}
