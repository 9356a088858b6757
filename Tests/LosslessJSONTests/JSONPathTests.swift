import LosslessJSON
import Testing

@Suite("JSONPath")
struct JSONPathTests {
    @Test(
        "reads a path and writes it as it was",
        arguments: [
            ("args", [.key("args")]), ("args[0]", [.key("args"), .index(0)]),
            ("args[0].room", [.key("args"), .index(0), .key("room")]),
            (#"args[0].a["b.c"][1]"#, [.key("args"), .index(0), .key("a"), .key("b.c"), .index(1)]),
            ("ack.args[12]", [.key("ack"), .key("args"), .index(12)]),
            (#"a["\"\\\n"]"#, [.key("a"), .key("\"\\\n")]), (#"a[""]"#, [.key("a"), .key("")]),
            ("größe.$set._id", [.key("größe"), .key("$set"), .key("_id")]), ("[3]", [.index(3)]),
        ] as [(String, [JSONPath.Element])])
    func reads(text: String, elements: [JSONPath.Element]) throws {
        #expect(try JSONPath(parsing: text).elements == elements)
        #expect(JSONPath(elements).text == text)
    }

    @Test("writes a needless bracket as a bare key")
    func normalises() throws {
        #expect(try JSONPath(parsing: #"args["a"]["b"]"#).text == "args.a.b")
    }

    @Test(
        "says where a path is wrong",
        arguments: [
            ("", 1), ("a.", 3), (".a", 1), ("a..b", 3), ("a[", 3), ("a[]", 3), ("a[1", 4), ("a[-1]", 3), ("a[01]", 3),
            ("a[99999999999999999999]", 3), (#"a["b]"#, 3), (#"a["\x"]"#, 3), ("a b", 2), ("a[0]b", 5), ("ä[*]", 3),
            ("a\u{0}", 2), (#"a["\"#, 3), ("a[0].", 6),
        ])
    func refuses(text: String, column: Int) {
        let error = #expect(throws: JSONPathError.self) { try JSONPath(parsing: text) }
        #expect(error?.column == column)
    }

    @Test("takes [*] for no path to one place")
    func refusesWildcard() {
        let error = #expect(throws: JSONPathError.self) { try JSONPath(parsing: "args[*]") }
        #expect(error?.message == "[*] is for filters; here one place is meant, such as [0]")
    }

    @Test("has as many elements as the limit and none more")
    func limitsDepth() throws {
        let longest = "a" + String(repeating: "[0]", count: JSONPath.depthLimit - 1)
        #expect(try JSONPath(parsing: longest).elements.count == JSONPath.depthLimit)
        #expect(throws: JSONPathError.self) { try JSONPath(parsing: longest + "[0]") }
    }
}
