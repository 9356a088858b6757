import Dispatch
import NIOConcurrencyHelpers
import Testing

@testable import SiphonRules

@Suite("RegularExpression")
struct RegularExpressionTests {
    /// With machine code and without: the limits must hold either way.
    private static func bothWays(_ source: String, flags: String = "") throws -> [RegularExpression] {
        try [true, false].map { try RegularExpression(source, flags: flags, usesMachineCode: $0) }
    }

    private static func find(_ expression: RegularExpression, _ text: [UInt8]) -> Bool? {
        var work = RegularExpression.Limits.work
        return text.withUnsafeBytes { expression.isFound(in: $0, work: &work) }
    }

    @Test(
        "finds what it describes anywhere in the text",
        arguments: [
            ("ell", "", "hello", true), ("^ell", "", "hello", false), ("^h.llo$", "", "hello", true),
            ("H", "", "hello", false), ("H", "i", "hello", true), ("WÖRLD", "i", "wörld", true),
            ("^b$", "", "a\nb", false), ("^b$", "m", "a\nb\nc", true), ("a.b", "", "a\nb", false),
            ("a.b", "s", "a\nb", true), ("a b # why", "", "ab", false), ("a b # why", "x", "ab", true),
            ("^a$", "", "a\n", false), ("^.$", "", "😀", true), (#"^\d+$"#, "", "123", true), ("", "", "", true),
            ("a{3}", "", "caaat", true), (#"a\/b"#, "", "a/b", true), ("(?<=a)b(?!c)", "", "abd", true),
            ("x", "", "", false), ("^$", "", "", true), (#"\bno\b"#, "", "so no", true),
        ])
    func finds(source: String, flags: String, text: String, expected: Bool) throws {
        for expression in try Self.bothWays(source, flags: flags) {
            #expect(Self.find(expression, Array(text.utf8)) == expected)
        }
    }

    @Test("makes machine code where it is told to")
    func makesMachineCode() throws {
        #expect(try !RegularExpression("a", flags: "", usesMachineCode: false).hasMachineCode)
        #if arch(x86_64) || arch(arm64)
            #expect(try RegularExpression("a", flags: "").hasMachineCode)
        #endif
    }

    @Test("takes text that is no UTF-8", arguments: [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0x61, 0xC3]] as [[UInt8]])
    func takesBrokenText(bytes: [UInt8]) throws {
        for expression in try Self.bothWays("b$") {
            #expect(Self.find(expression, bytes + Array("b".utf8)) == true)
            #expect(Self.find(expression, bytes) == false)
        }
    }

    private static let long = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000) + [UInt8(ascii: "!")]

    @Test(
        "gives up on what would take long: exponential, cubic and quadratic work",
        arguments: [
            "(a+)+$", "(a|a)*$", "(a*)*b|c", "a*[bc]", "a*a*[bc]", "(.*)(.*)(.*)(.*)z|y", "(a{1,1000}){1,20}[bc]",
            "(?=(a+)+$)b|c", "(?:(?=a*b)|a)*[cd]", "((a|b)(?1)?)*[cd]", "(?<![bc]{500})[bc]|a{1000}[bc]",
        ])
    func givesUp(source: String) throws {
        for expression in try Self.bothWays(source) { #expect(Self.find(expression, Self.long) == nil) }
    }

    @Test(
        "answers on long texts where the work is linear",
        arguments: [("zebra", false), ("!$", true), ("^a*!$", true), ("^a*[bc]", false)])
    func answersLinear(source: String, expected: Bool) throws {
        for expression in try Self.bothWays(source) { #expect(Self.find(expression, Self.long) == expected) }
    }

    @Test("stops at an expression that nests deeper than memory allows, and goes on with the next")
    func limitsMemory() throws {
        for expression in try Self.bothWays("(?:(a)|b)*$") {
            #expect(Self.find(expression, Self.long) == nil)
            #expect(Self.find(expression, Array("aaab".utf8)) == true)
        }
    }

    @Test("refuses at once what would be large when compiled", arguments: ["((((a{1000}){1000}){1000}){1000})"])
    func refusesLarge(source: String) {
        #expect(throws: RegularExpression.Invalid.self) { try RegularExpression(source, flags: "") }
    }

    @Test("takes its work off what is left, and answers nothing once that is used up")
    func countsWork() throws {
        let expression = try RegularExpression("ab", flags: "")
        Array("xxabxx".utf8).withUnsafeBytes { text in
            var work = 100
            #expect(expression.isFound(in: text, work: &work) == true)
            #expect((1..<100 - RegularExpression.Limits.workPerText).contains(work))
            work = RegularExpression.Limits.workPerText - 1
            #expect(expression.isFound(in: text, work: &work) == nil)
        }
    }

    @Test("is the same as another with the same text")
    func equates() throws {
        #expect(try RegularExpression("a", flags: "mi") == RegularExpression("a", flags: "im"))
        #expect(try RegularExpression("a", flags: "i") != RegularExpression("a", flags: ""))
        #expect(try RegularExpression("a", flags: "i") != RegularExpression("A", flags: "i"))
        #expect(try RegularExpression("a", flags: "xi").text == "/a/ix")
    }

    @Test("answers many threads at once")
    func isShared() throws {
        let expression = try RegularExpression("^(a|b)*c$", flags: "")
        let texts = (0..<64).map { Array((String(repeating: "ab", count: $0) + ($0 % 2 == 0 ? "c" : "d")).utf8) }
        let wrong = NIOLockedValueBox(0)
        DispatchQueue.concurrentPerform(iterations: 1000) { number in
            let place = number % texts.count
            if Self.find(expression, texts[place]) != (place % 2 == 0) { wrong.withLockedValue { $0 += 1 } }
        }
        #expect(wrong.withLockedValue { $0 } == 0)
    }
}
