import Testing

@testable import SiphonRules

@Suite("YAMLLayout")
struct YAMLLayoutTests {
    /// The layout as text: scalars as they stand, `~` for nothing, lists and maps in brackets.
    private static func text(_ node: YAMLLayout.Node?, _ bytes: [UInt8]) -> String {
        guard let node else { return "~" }
        switch node.content {
        case .scalar, .alias: return String(decoding: bytes[node.range], as: UTF8.self)
        case .sequence(let items): return "[" + items.map { text($0.node, bytes) }.joined(separator: ", ") + "]"
        case .mapping(let pairs):
            let texts = pairs.map { text($0.key, bytes) + ": " + text($0.value, bytes) }
            return "{" + texts.joined(separator: ", ") + "}"
        }
    }

    @Test(
        "finds the parts of a text",
        arguments: [
            ("a", "a"), ("a: b", "{a: b}"), ("- a\n- b # c\n", "[a, b]"), ("a:\n- b\n- c\nd: e\n", "{a: [b, c], d: e}"),
            ("a:\n  - b\n  -\n  - c\n", "{a: [b, ~, c]}"), ("- - a\n  - b\n- c", "[[a, b], c]"),
            ("- a: b\n  c: d\n-\n  e: f\n", "[{a: b, c: d}, {e: f}]"), ("a:\nb:\n", "{a: ~, b: ~}"),
            ("a: b\n  c\n\n  d # e\nf: g", "{a: b\n  c\n\n  d, f: g}"), ("a: b#c:d\n", "{a: b#c:d}"),
            ("a: 'b''c: d # e'\n\"f\\\"\": g", "{a: 'b''c: d # e', \"f\\\"\": g}"),
            ("a: \"b\n  # c\n  d\" # e\nf: g", "{a: \"b\n  # c\n  d\", f: g}"),
            ("a: |\n  b: c\n  # d\n\n   e\n# f\ng: h", "{a: |\n  b: c\n  # d\n\n   e, g: h}"),
            ("- >-\n a\n b\n- |2\n   c\n  d\n- |+\n e\n\n- f", "[>-\n a\n b, |2\n   c\n  d, |+\n e\n\n, f]"),
            ("a: [b, 'c', {d: e, f}, [], {}, ] # g\nh: i", "{a: [b, 'c', {d: e, f: ~}, [], {}], h: i}"),
            ("{a: [b # ]\n  , c], \"d\":e, f:g, h: }", "{a: [b, c], \"d\": e, f:g: ~, h: ~}"),
            ("[a: b, ? c : d, http://e/f]", "[{a: b}, {c: d}, http://e/f]"), ("[a\n b, c]", "[a\n b, c]"),
            ("- &a b\n- *a\n- !!str c\n- &b\n  d: e\n- !t &c [f]", "[&a b, *a, !!str c, {d: e}, [f]]"),
            ("&a b: &c d\n*c : e", "{&a b: &c d, *c: e}"), ("a: &b\nc: d", "{a: &b, c: d}"),
            ("? a\n: b\n? |\n  c\n: - d\n? e\n", "{a: b, |\n  c: [d], e: ~}"), ("%YAML 1.1\n---\na\n...\n", "a"),
            ("--- a\n", "a"), ("---\n- a\n...\n# b", "[a]"),
            ("a:\r\n- b\r\n- c: |\r\n    d\r\n", "{a: [b, {c: |\r\n    d}]}"),
            ("-a: :b\n", "{-a: :b}"), ("a?b: ?c", "{a?b: ?c}"), ("[ a?, -b, c:d ]", "[a?, -b, c:d]"),
            ("a: |\n\n\n  b\n", "{a: |\n\n\n  b}"), ("a: >\n\nb: c", "{a: >, b: c}"),
            ("- |\n a\n  - b\n- # c\n  d", "[|\n a\n  - b, d]"),
            ("- [a,\n# b\n  c]\n- d", "[[a, c], d]"),
            ("a:\n  # b\n  c: d\n  # e\n# f\ng:\n    h\n", "{a: {c: d}, g: h}"),
        ])
    func finds(text: String, expected: String) throws {
        let bytes = Array(text.utf8)
        let layout = try YAMLLayout(bytes)
        #expect(Self.text(layout.root, bytes) == expected)
        #expect(try YAMLDocument(parsing: text).hasShape(of: layout))
    }

    @Test("takes no other shape for the same", arguments: ["a: b", "- a", "- a\n- b\n- c", "a", "a:\n- b\n- {c: d}"])
    func comparesShapes(text: String) throws {
        let document = try YAMLDocument(parsing: "a:\n- b\n- c")
        let layout = try YAMLLayout(Array(text.utf8))
        #expect(!document.hasShape(of: layout))
    }

    @Test(
        "refuses what is no YAML, however deep it goes", arguments: ["[", "{a", "\"a", "'", "[a]]", "{a: b}}", ": a"])
    func refuses(text: String) {
        #expect(throws: YAMLLayout.Unreadable.self) { try YAMLLayout(Array(text.utf8)) }
        for deep in ["[", "{a: ", "- ", "? "] {
            let text = String(repeating: deep, count: 100_000)
            #expect(throws: YAMLLayout.Unreadable.self) { try YAMLLayout(Array(text.utf8)) }
        }
    }
}
