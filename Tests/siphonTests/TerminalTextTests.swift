import LosslessJSON
import Testing

@testable import siphon

@Suite("TerminalText")
struct TerminalTextTests {
    @Test(
        "shows what would move or colour a terminal, and leaves the rest",
        arguments: [
            ("a b é 漢 😀", "a b é 漢 😀"), ("\u{1B}[31mred", "\\u{1B}[31mred"), ("\u{9B}2J", "\\u{9B}2J"),
            ("a\nb\tc\r", "a\\nb\\tc\\u{D}"), ("\u{7F}\u{0}", "\\u{7F}\\u{0}"), ("\u{202E}txt", "\\u{202E}txt"),
            ("\u{2028}", "\\u{2028}"), ("\u{E000}", "\\u{E000}"), ("👩‍👧", "👩‍👧"), ("e\u{301}", "e\u{301}"),
        ])
    func plain(text: String, expected: String) {
        #expect(TerminalText.plain(text).unicodeScalars.elementsEqual(expected.unicodeScalars))
    }

    @Test("writes JSON that no terminal takes for commands")
    func json() throws {
        let value = try JSONValue(parsing: "[\"\u{9B}2J\u{7F}é\\u001b\u{202E}\u{E0041}\",1.0]")
        #expect(TerminalText.json(value) == #"["\u009b2J\u007fé\u001b\u202e\udb40\udc41",1.0]"#)
    }

    @Test(
        "counts columns",
        arguments: [("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("😀", 2), ("👩‍👧", 2), ("❤️", 2)])
    func width(text: String, expected: Int) {
        #expect(TerminalText.width(of: text) == expected)
    }

    @Test(
        "cuts to a width",
        arguments: [
            ("abc", 3, "abc"), ("abcd", 3, "ab…"), ("abcd", 1, "…"), ("abcd", 0, ""), ("漢字漢", 5, "漢字…"),
            ("漢字漢", 4, "漢…"),
        ])
    func cut(text: String, width: Int, expected: String) {
        #expect(TerminalText.cut(text, to: width) == expected)
        #expect(TerminalText.width(of: expected) <= width)
    }
}
