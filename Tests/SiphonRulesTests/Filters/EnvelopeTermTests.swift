import SiphonCore
import Testing

@testable import SiphonRules

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite("Filter on size, latency, time and marks")
struct EnvelopeTermTests {
    private static func matches(_ filter: String, _ event: TestEvent, now: Int64 = 0) throws -> Bool {
        var reading = EventReading(now: now)
        return try Filter(parsing: filter).matches(event, reading: &reading)
    }

    @Test(
        "compares sizes",
        arguments: [
            ("size:>10k", 10_001, true), ("size:>10k", 10_000, false), ("size:>=10k", 10_000, true),
            ("size:<1Ki", 1023, true), ("size:<1Ki", 1024, false), ("size:<=1Ki", 1024, true),
            ("size:1k..2k", 1000, true), ("size:1k..2k", 2001, false), ("size:500", 500, true),
            ("size:500", 501, false), ("size:0|>1M", 0, true), ("size:0.5k", 500, true), ("-size:>0", 0, true),
        ])
    func comparesSizes(filter: String, size: Int, expected: Bool) throws {
        #expect(try Self.matches(filter, TestEvent(sizeBytes: size)) == expected)
    }

    @Test(
        "compares latencies, of events whose ack came",
        arguments: [
            ("latency:>200ms", 200_000_001, true), ("latency:>200ms", 200_000_000, false),
            ("latency:>=0.2s", 200_000_000, true), ("latency:<1m", 59_999_999_999, true),
            ("latency:1us..2us", 1500, true), ("latency:1h..2h", 1, false), ("latency:<1h", nil, false),
            ("-latency:<1h", nil, true), ("latency:<1ms|>10s", 11_000_000_000, true), ("latency:<=1ns", 1, true),
        ] as [(String, Int64?, Bool)])
    func comparesLatencies(filter: String, latency: Int64?, expected: Bool) throws {
        #expect(try Self.matches(filter, TestEvent(ackLatencyNanoseconds: latency)) == expected)
    }

    /// 2026-01-31T10:00:00Z.
    private static let ten: Int64 = 1_769_853_600_000_000_000

    @Test(
        "compares times",
        arguments: [
            ("time:>2026-01-31T10:00Z", 1, true), ("time:>2026-01-31T10:00Z", 0, false),
            ("time:>=2026-01-31T10:00Z", 0, true), ("time:<2026-01-31T10:00:00.000000001Z", 0, true),
            ("time:<2026-01-31T10:00:00.5Z", 499_999_999, true), ("time:<2026-01-31T10:00:00.5Z", 500_000_000, false),
            ("time:>=2026-01-31T11:00:00+01:00", 0, true), ("time:<2026-01-31T11:00:00+0100", 0, false),
            ("time:>=2026-01-31T04:30-05:30", 0, true), ("time:<2026-01-31T04:30-05:30", 0, false),
            ("time:2026-01-31T09:00Z..2026-01-31T10:00Z", 0, true),
            ("time:2026-01-31T09:00Z..2026-01-31T10:00Z", 1, false), ("time:>2026-01-31t10:00z", 1, true),
        ])
    func comparesTimes(filter: String, offset: Int64, expected: Bool) throws {
        #expect(try Self.matches(filter, TestEvent(time: Self.ten + offset)) == expected)
    }

    @Test(
        "counts relative times from now",
        arguments: [
            ("time:>-5m", -299, true), ("time:>-5m", -300, false), ("time:>=-5m", -300, true),
            ("time:<-5m", -301, true),
            ("time:-10m..-5m", -400, true), ("time:-10m..-5m", -601, false), ("time:>-1.5h", -5399, true),
            ("time:<-2000000h", 0, false),
        ])
    func countsFromNow(filter: String, seconds: Int64, expected: Bool) throws {
        let event = TestEvent(time: Self.ten + seconds * 1_000_000_000)
        #expect(try Self.matches(filter, event, now: Self.ten) == expected)
    }

    @Test("counts relative times from the event where nothing else is said")
    func countsFromEvent() throws {
        #expect(try Filter(parsing: "time:>-1s").matches(TestEvent(time: Self.ten)))
        #expect(try !Filter(parsing: "time:<-1s").matches(TestEvent(time: Self.ten)))
    }

    @Test("takes a time without a zone for local time, with its date alone for midnight")
    func takesLocalTime() throws {
        var asked: [String] = []
        func twoHoursEast(_ time: tm) -> Int? {
            var time = time
            asked.append("\(time.tm_mday) \(time.tm_hour):\(time.tm_min):\(time.tm_sec)")
            return Int(timegm(&time)) - 7200
        }
        let filter = try Filter(parsing: "time:>=2026-01-31T12:00:01", localTime: twoHoursEast)
        #expect(filter == (try Filter(parsing: "time:>=2026-01-31T10:00:01Z")))
        let day = try Filter(parsing: "time:2026-01-31..2026-02-01", localTime: twoHoursEast)
        #expect(day == (try Filter(parsing: "time:2026-01-30T22:00Z..2026-01-31T22:00Z")))
        #expect(asked == ["31 12:0:1", "31 0:0:0", "1 0:0:0"])
        #expect(throws: FilterError.self) { try Filter(parsing: "time:>2026-03-29T02:30", localTime: { _ in nil }) }
    }

    @Test("asks the system for the local time")
    func asksSystem() throws {
        var time = tm()
        time.tm_year = 126
        time.tm_mday = 31
        time.tm_isdst = -1
        let midnight = Int64(mktime(&time)) * 1_000_000_000
        let filter = try Filter(parsing: "time:>=2026-01-31")
        #expect(filter.matches(TestEvent(time: midnight)))
        #expect(!filter.matches(TestEvent(time: midnight - 1)))
    }

    @Test(
        "finds marks by globs and regular expressions",
        arguments: [
            ("mark:suspicious", ["a", "suspicious"], true), ("mark:suspicious", ["Suspicious"], false),
            ("mark:sus*", ["suspicious"], true), ("mark:*", [], false), ("-mark:*", [], true), ("mark:*", [""], true),
            ("mark:a|b", ["b"], true), (#"mark:"two words""#, ["two words"], true), ("mark:/^s.s/i", ["SUS"], true),
            ("mark:/^x/", ["SUS"], false),
        ] as [(String, [String], Bool)])
    func findsMarks(filter: String, marks: [String], expected: Bool) throws {
        #expect(try Self.matches(filter, TestEvent(marks: marks)) == expected)
    }

    @Test(
        "prints one text for what is the same, and reads it back",
        arguments: [
            ("size:>10k", "size:>10000"), ("size:1Ki..1Mi|5", "size:1024..1048576|5"),
            ("latency:>1500ms", "latency:>1500ms"), ("latency:>=1.5s", "latency:>=1500ms"),
            ("latency:60s..120000ms", "latency:1m..2m"), ("latency:<0s", "latency:<0s"), ("time:>-300s", "time:>-5m"),
            ("time:>2026-01-31T10:00:00.500Z", "time:>2026-01-31T10:00:00.5Z"),
            ("time:>2026-01-31T11:00+01:00", "time:>2026-01-31T10:00:00Z"),
            ("time:-10m..-5m|<1999-12-31T23:59Z", "time:-10m..-5m|<1999-12-31T23:59:00Z"),
            (#"mark:"a""#, "mark:a"), ("mark:/a/|b*", "mark:/a/|b*"), ("event:/a b/i", "event:/a b/i"),
        ])
    func prints(text: String, expected: String) throws {
        let filter = try Filter(parsing: text)
        #expect(filter.text == expected)
        #expect(try Filter(parsing: expected) == filter)
    }

    @Test(
        "names what no rule can ask",
        arguments: [
            ("latency:>1s", "latency: is known"), ("event:a or -latency:<1s", "latency: is known"),
            ("is:dropped", "is:dropped is decided after the rules"), ("is:pending|answered", "is:answered"),
            ("kind:open", "kind:open is no packet"),
        ])
    func namesObstacles(text: String, expected: String) throws {
        #expect(try Filter(parsing: text).obstacleInRules?.contains(expected) == true)
    }

    @Test(
        "lets rules ask all else",
        arguments: [
            "event:a args[0].x:1 ack.args[0]:1 name:a mark:b size:>1 time:>-5m is:pending kind:ack hello event:/a/"
        ])
    func letsRulesAsk(text: String) throws { #expect(try Filter(parsing: text).obstacleInRules == nil) }
}
