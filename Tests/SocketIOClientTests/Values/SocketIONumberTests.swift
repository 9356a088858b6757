import Testing

@testable import SocketIOClient

@Suite("SocketIONumber")
struct SocketIONumberTests {
    @Test("knows its integer only where it is written as one")
    func integers() {
        #expect(SocketIONumber(7).int == 7)
        #expect(SocketIONumber(1.5).int == nil)
        #expect(SocketIONumber(1.5).text == "1.5")
        #expect(SocketIONumber(UInt64.max).text == "18446744073709551615")
    }

    @Test(
        "is made of text that is a number in JSON",
        arguments: ["0", "-0", "1.0", "1e3", "1E-400", "123456789012345678901"])
    func texts(text: String) {
        #expect(SocketIONumber(text: text)?.text == text)
    }

    @Test(
        "is not made of other text",
        arguments: ["", "+1", ".5", "1.", "01", "0x10", "NaN", "1 ", " 1", "1,2", "true", "[1]", "--1", "١"])
    func otherTexts(text: String) {
        #expect(SocketIONumber(text: text) == nil)
    }

    @Test(
        "knows the whole number that it is, however it is written",
        arguments: [
            ("5", "5"), ("5.0", "5"), ("5e0", "5"), ("1e3", "1000"), ("1.5e1", "15"), ("100e-2", "1"),
            ("-2.50e1", "-25"),
            ("0.000", "0"), ("0e999999999999999999999", "0"), ("-0.0", "0"),
            ("9007199254740993.0", "9007199254740993"), ("1.5", nil), ("1e-1", nil), ("12.34e1", nil),
            ("1e-99999999999999999999", nil), ("1.1e-9223372036854775808", nil),
        ] as [(String, String?)])
    func wholes(text: String, whole: String?) {
        #expect(SocketIONumber(validated: text).wholeText == whole)
    }

    @Test(
        "has a whole number that no type holds where it is too large", arguments: ["1e99", "1e999999999999999999999"])
    func tooLarge(text: String) throws {
        let whole = try #require(SocketIONumber(validated: text).wholeText)
        #expect(UInt128(whole) == nil && whole.utf8.count < 100)
    }
}
