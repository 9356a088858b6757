import LosslessJSON
import Testing

@testable import SiphonRules

@Suite("FilterError")
struct FilterErrorTests {
    @Test(
        "says the column, what is wrong and what was expected",
        arguments: [
            ("evnt:chat", 1, "unknown key evnt, did you mean event?", "one of event, ns"),
            ("a evetn:b", 3, "did you mean event?", "one of event"), ("xyz:1", 1, "unknown key xyz", "quotes"),
            ("http://x", 1, "unknown key http", "quotes"), (":a", 1, "unknown key", "event"),
            ("event:", 7, "event: has no value", "a value"), ("event: chat", 7, "has no value", "a value"),
            ("event:a|", 9, "has no value", "a value"), ("event:|a", 7, "has no value", "a value"),
            ("a|", 3, "has no value", "a value"), ("from:nobody", 6, "from: knows no nobody", "client or upstream"),
            ("from:clinet", 6, "did you mean client?", "client or upstream"), ("from:client|me", 13, "me", "client or"),
            ("from:cl*", 6, "cl*", "client or upstream"), ("kind:evnt", 6, "did you mean event?", "ack, connect"),
            ("is:lost", 4, "is: knows no lost", "forwarded, modified"),
            ("is:droped", 4, "did you mean dropped?", "held"),
            ("transport:ws", 11, "ws", "polling or websocket"), ("eio:5", 5, "5", "3 or 4"),
            ("parser:xml", 8, "xml", "json or msgpack"), ("conn:7", 6, "7 is no connection", "c12"),
            ("conn:c*", 6, "c*", "c12"), ("ns:admin", 4, "no namespace is called admin", "starts with /"),
            ("(a", 3, "the ( of column 1", ")"), ("(a or", 6, "ends too early", "a term"),
            ("a)", 2, "closes nothing", "end"),
            ("()", 2, "nothing stands before this )", "a term"), ("or a", 1, "nothing stands before or", "a term"),
            ("a or or b", 6, "nothing stands before or", "a term"), ("a and", 6, "ends too early", "a term"),
            ("not", 4, "ends too early", "a term"), ("-", 2, "right behind the -", "the term"),
            ("a - b", 4, "right behind the -", "the term"), ("(-)", 3, "right behind the -", "the term"),
            ("a OR b", 3, "OR in capitals", "or, or \"OR\""),
            ("event:a | b", 9, "a space before this |", "kind:event|ack"),
            (#"event:"a"#, 9, "the quote of column 7", "\""), (#"a"b""#, 2, "a quote in the middle", "quotes around"),
            (#""a"b"#, 4, "a term ends here", "a space"), ("event:a(b)", 8, "a term ends here", "a space"),
            (#"a\"#, 3, "nothing follows the \\", "literally"), (#"größe 😀 x:"#, 9, "unknown key x", "event"),
            ("e\u{301}e\u{301} y:1", 4, "unknown key y", "event"),
            ("arg[0].room:x", 1, "unknown key arg[0].room, did you mean args[0].room?", "args[0].room"),
            (#"a arsg[0]["b.c"]:x"#, 3, "unknown key arsg[0], did you mean args[0]?", "one of event"),
            ("Name:x", 1, "unknown key Name, did you mean", "name"), ("latncy:>1s", 1, "did you mean latency?", "size"),
            ("args:x", 5, "args is a list", "args[0].room"), ("args.room:x", 5, "args is a list", "args[*].id"),
            ("a ack:x", 6, "an ack has nothing but args", "ack.args[0]"),
            ("ack[0]:x", 4, "nothing but args", "ack.args[0]"), ("ack.args:x", 9, "ack.args is a list", "args[*]"),
            ("ack.args.x:1", 9, "ack.args is a list", "args[*]"), ("name.x:1", 5, "nothing lies within", "name"),
            ("name[0]:1", 5, "nothing lies within the name", "name"), ("args[]:1", 6, "args[] is no path", "index, *"),
            ("args[x]:1", 6, "is no path", "an index, * or a key"), ("args[-1]:1", 6, "is no path", "an index"),
            ("args[01]:1", 6, "is no path", "without leading zeros"), ("args[0]..a:1", 9, "is no path", "a key"),
            ("args[0]a:1", 8, "is no path", ". or ["),
            (#"args[0]["a:1"#, 13, "the quote of column 9 is not closed", "\""),
            (#"args[0]["\x"]:1"#, 9, "is no path", "a JSON string"), ("args[0].*:1", 9, "is no path", "a key"),
            ("größe args[0].:1", 15, "is no path", "a key"),
            ("args[0].room", 13, "has no value", "args[0].room:exists"),
            ("args[0].room lobby", 13, "the path args[0].room has no value", "quotes"),
            ("args[0].room:", 14, "args[0].room: has no value", "a value"),
            ("args[0].n:>", 12, "a bound is missing", "a number"), ("args[0].n:>=x", 13, "cannot read x", "10k"),
            ("args[0].n:>10K", 12, "cannot read 10K", "a number such as 10, 1.5 or 10k"),
            ("args[0].n:>+1", 12, "cannot read +1", "a number"), ("args[0].n:>.5", 12, "cannot read .5", "a number"),
            ("args[0].n:>1*", 12, "cannot read 1*", "a number"), ("args[0].n:1..x", 14, "cannot read x", "quotes"),
            ("args[0].n:1..", 14, "a bound is missing", "a number"), ("args[0].n:2..1", 11, "2..1 is empty", "smaller"),
            ("args[0].n:1|>", 14, "a bound is missing", "a number"),
            (#"args[0].n:>"1""#, 12, "a quote in the middle", "quotes around"),
            ("size:big", 6, "cannot read big", "bytes"), ("size:>1.5", 7, "cannot read 1.5", "bytes"),
            ("size:>10Gi..", 7, "cannot read 10Gi..", "bytes"), ("size:*", 6, "cannot read *", "bytes"),
            (#"size:"10""#, 6, "cannot read 10", "bytes"), ("size:>1e30", 7, "cannot read 1e30", "bytes"),
            ("latency:200ms", 9, "latency: wants a comparison", ">200ms"),
            ("latency:>200", 10, "cannot read 200", "ms"),
            ("latency:>-1s", 10, "cannot read -1s", "1.5s"), ("latency:>1d", 10, "cannot read 1d", "h)"),
            ("latency:1s..10ms", 9, "is empty", "smaller"), ("latency:>0.5ns", 10, "cannot read 0.5ns", "duration"),
            ("latency:>99999999999h", 10, "cannot read 9", "duration"),
            ("time:2026-01-01", 6, "time: wants a comparison", ">-5m"),
            ("time:>2026-13-01", 7, "cannot read 2026-13-01", "2026-01-31T10:00"),
            ("time:>2026-02-29", 7, "cannot read", "a time"), ("time:>2026-01-01T24:00", 7, "cannot read", "a time"),
            ("time:>2026-01-01T10", 7, "cannot read", "a time"), ("time:>2026-1-1", 7, "cannot read", "a time"),
            ("time:>2026-01-01T10:00X", 7, "cannot read", "a time"), ("time:>5m", 7, "cannot read 5m", "-5m"),
            ("time:>2026-01-01T10:00:00.0000000001Z", 7, "cannot read", "a time"),
            ("time:>9999-01-01", 7, "cannot", "a"),
            ("time:-5m..-10m", 6, "is empty", "smaller"), ("time:>2026-01-01T10:00+25:00", 7, "cannot read", "a time"),
            ("event:/a/g", 10, "behind the regular expression /a/ stands g", "i, m, s, x"),
            ("a event:/users/5", 16, "behind the regular expression /users/ stands 5", "quotes"),
            ("event:/(/", 9, "in the regular expression: missing closing parenthesis", "PCRE2"),
            ("event:/größe[/", 14, "missing terminating ]", "PCRE2"), ("event://", 8, "is empty", "quotes"),
            ("mark:/ab(/", 10, "missing closing", "PCRE2"), (#"event:/(a)\1/"#, 8, "reference back", "without"),
            (#"event:/a(?<n>b)\k<n>/"#, 8, "reference back", "without"), (#"event:/a\X/"#, 9, #"\X"#, "without"),
            (#"event:/a\C/"#, 11, #"\C"#, "PCRE2"), ("event:/a{1001}/", 9, "a count is too large", "1000"),
            ("args[0]:/a{1,99999999999999999999}/", 11, "a count is too large", "1000"),
            ("event:a b:/c/", 9, "unknown key b", "event"),
        ])
    func says(text: String, column: Int, message: String, expected: String) throws {
        let error = try #require(throws: FilterError.self) { try Filter(parsing: text) }
        #expect(error.column == column)
        #expect(error.message.contains(message), "\(error.message)")
        #expect(error.expected.contains(expected), "\(error.expected)")
        #expect(error.description.hasPrefix("column \(column): "))
    }

    @Test("takes as many bytes as the limit and none more")
    func limitsLength() throws {
        let longest = String(repeating: "a", count: Filter.lengthLimitBytes)
        #expect(throws: Never.self) { try Filter(parsing: longest) }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: longest + "a") }
        #expect(error?.column == Filter.lengthLimitBytes + 1)
    }

    @Test("takes as many terms as the limit and none more")
    func limitsTerms() throws {
        let terms = [String](repeating: "a", count: Filter.termLimit).joined(separator: " ")
        #expect(throws: Never.self) { try Filter(parsing: terms) }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: terms + " or b") }
        #expect(error?.column == terms.count + 5)
        #expect(error?.message == "too many terms")
    }

    @Test("takes as many regular expressions as the limit and none more")
    func limitsExpressions() throws {
        let limit = RegularExpression.Limits.expressionsPerFilter
        let terms = "event:" + [String](repeating: "/a/", count: limit).joined(separator: "|")
        #expect(throws: Never.self) { try Filter(parsing: terms) }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: terms + " args[0]:x|/b/") }
        #expect(error?.column == terms.count + 12)
        #expect(error?.message == "too many regular expressions")
    }

    @Test("takes regular expressions as long as the limit and no longer")
    func limitsExpressionLength() throws {
        let longest = String(repeating: "a", count: RegularExpression.Limits.lengthBytes)
        #expect(throws: Never.self) { try Filter(parsing: "event:/\(longest)/") }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: "event:/\(longest)a/") }
        #expect(error?.column == 8)
        #expect(error?.message == "the regular expression is too long")
    }

    @Test("takes paths as deep as the limit and no deeper")
    func limitsPath() throws {
        let longest = "args" + String(repeating: "[0]", count: JSONPath.depthLimit - 1)
        #expect(throws: Never.self) { try Filter(parsing: longest + ":1") }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: longest + "[0]:1") }
        #expect(error?.message == "a path has at most 64 elements")
        #expect(error?.column == longest.count + 1)
    }

    @Test("nests as deep as the limit and no deeper", arguments: [("(", ")"), ("not ", ""), ("-", ""), ("-(", ")")])
    func limitsDepth(open: String, close: String) throws {
        let levels = Filter.depthLimit / (open == "-(" ? 2 : 1)
        func nested(_ levels: Int) -> String {
            String(repeating: open, count: levels) + "a" + String(repeating: close, count: levels)
        }
        #expect(throws: Never.self) { try Filter(parsing: nested(levels)) }
        let error = #expect(throws: FilterError.self) { try Filter(parsing: nested(levels + 1)) }
        #expect(error?.message == "too deeply nested")
    }

    @Test("ends for every text of a few characters that mean something")
    func survives() {
        let characters = [
            "a", ":", "\"", "\\", "(", ")", "|", "-", "*", " ", "or", "not ", "é", "args[", "0]", ">1", "/", "size:",
        ]
        for first in characters {
            for second in characters {
                for third in characters {
                    let texts = [first + second + third, second + first + third + first]
                    for text in texts {
                        guard let filter = try? Filter(parsing: text) else { continue }
                        #expect((try? Filter(parsing: filter.text)) == filter, "\(text) prints as \(filter.text)")
                    }
                }
            }
        }
    }
}
