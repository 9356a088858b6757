import Testing

@testable import SiphonRules

@Suite("Glob")
struct GlobTests {
    private static func pieces(_ text: String) -> [TextPattern.Piece] {
        text.unicodeScalars.map { $0 == "*" ? .any : $0 == "?" ? .one : .scalar($0) }
    }

    private static func matches(_ glob: String, _ text: String) -> Bool {
        Array(text.utf8).withUnsafeBytes { Glob(pieces(glob)).matches($0) }
    }

    @Test(
        "matches the whole text",
        arguments: [
            ("*", "", true), ("*", "abc", true), ("?", "", false), ("?", "a", true), ("?", "ab", false),
            ("??", "é", false),
            ("?", "é", true), ("?", "😀", true), ("*?", "😀", true), ("?*", "", false), ("a*", "a", true),
            ("a*", "ba", false),
            ("*a", "ba", true), ("*a", "ab", false), ("a*b*c", "aXbYc", true), ("a*b*c", "acb", false),
            ("**", "x", true),
            ("a**b", "ab", true), ("*ab*", "xaab", true), ("*aab", "aaab", true), ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("?é?", "aéb", true), ("?é", "éé", true), ("*é", "xé", true), ("*é", "xè", false), ("é*", "è", false),
            ("", "", true),
        ])
    func matchesWhole(glob: String, text: String, expected: Bool) {
        #expect(Self.matches(glob, text) == expected)
    }

    @Test("takes neither half of a character for one", arguments: [[0xC3], [0xA9], [0x80, 0x80]] as [[UInt8]])
    func takesBrokenText(bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            #expect(Glob(Self.pieces("*")).matches(bytes))
            #expect(Glob(Self.pieces("?")).matches(bytes) == (bytes[0] == 0xC3))
        }
    }

    @Test(
        "matches the same with one word of states and with several", arguments: [0, 61, 62, 63, 64, 65, 127, 128, 200])
    func matchesWide(length: Int) {
        let text = String(repeating: "x", count: length)
        #expect(Self.matches(text + "*b?", text + "aabé"))
        #expect(Self.matches("*" + text + "b", "xx" + text + "b"))
        #expect(!Self.matches(text + "*b?", text + "aab"))
        #expect(!Self.matches(text + "x*", text))
        #expect(Self.matches(String(repeating: "?", count: length) + "*", String(repeating: "é", count: length)))
    }

    @Test(
        "looks at each byte once per 64 states, whatever the pattern",
        arguments: [
            String(repeating: "a*", count: 2048), String(repeating: "*a", count: 2047) + "*b",
            String(repeating: "?*", count: 2048), String(repeating: "*", count: 4095) + "b",
            "*" + String(repeating: "a", count: 4000) + "b", String(repeating: "a", count: 4095) + "?",
        ])
    func isLinear(glob: String) {
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        let states = glob.utf8.filter { $0 != UInt8(ascii: "*") }.count
        var steps = 0
        _ = text.withUnsafeBytes { Glob(Self.pieces(glob)).matches($0, steps: &steps) }
        #expect(steps <= text.count * (states / 64 + 1))
        #expect(steps > 0)
    }

    @Test("agrees with a plain definition on all short patterns and texts")
    func agrees() {
        func plain(_ glob: Substring, _ text: Substring) -> Bool {
            guard let first = glob.first else { return text.isEmpty }
            if first == "*" { return plain(glob.dropFirst(), text) || !text.isEmpty && plain(glob, text.dropFirst()) }
            guard let character = text.first else { return false }
            return (first == "?" || first == character) && plain(glob.dropFirst(), text.dropFirst())
        }
        func words(_ letters: [String], upTo length: Int) -> [String] {
            var all = [""]
            var last = all
            for _ in 0..<length {
                last = last.flatMap { word in letters.map { word + $0 } }
                all += last
            }
            return all
        }
        let texts = words(["a", "é"], upTo: 4)
        for glob in words(["a", "é", "?", "*"], upTo: 4) {
            for text in texts where Self.matches(glob, text) != plain(glob[...], text[...]) {
                Issue.record("\(glob) on \(text)")
            }
        }
    }
}
