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
            ("args[0].room:lobby", 1, "(args[0].room) is not built yet", "one of event"),
            (#"a args[0]["b.c"]:x"#, 3, "is not built yet", "event"), ("name:chat", 1, "is not built yet", "event"),
            ("ack.args[0]:x", 1, "is not built yet", "event"), ("size:>10k", 1, "size: is not built yet", "event"),
            ("latency:>200ms", 1, "latency: is not built yet", "event"),
            ("-time:>-5m", 2, "time: is not built", "event"),
            ("mark:x", 1, "mark: is not built yet", "event"),
            ("event:/^chat/i", 7, "a regular expression is not built yet", "quotes"),
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
        let characters = ["a", ":", "\"", "\\", "(", ")", "|", "-", "*", " ", "or", "ns:/", "not ", "é"]
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
