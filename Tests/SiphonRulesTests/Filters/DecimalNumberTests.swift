import Testing

@testable import SiphonRules

@Suite("DecimalNumber")
struct DecimalNumberTests {
    /// From the least to the greatest; those of one line are equal.
    private static let ascending = [
        ["-1e400", "-10e399"], ["-12345678901234567891"], ["-12345678901234567890", "-1234567890123456789e1"],
        ["-10", "-1e1", "-10.0", "-0.1e2"], ["-9.99"], ["-1", "-1.0"], ["-0.5", "-5e-1"], ["-1e-400"],
        ["0", "-0", "0.0", "0e5", "-0.00e-7", "0e99999999999999999999"], ["1e-99999999999999999999"], ["1e-400"],
        ["0.001", "1e-3", "0.0010", "1E-3"], ["0.0011"], ["0.01"], ["0.1"], ["1", "1.0", "1e0", "10e-1", "0.1e+1"],
        ["1.0000000000000000000000001"], ["1.5", "1.50", "15e-1"], ["9.99"], ["10", "1e1", "10.0"], ["10.01"], ["11"],
        ["99"], ["100", "1E2"], ["9007199254740992"], ["9007199254740993", "9007199254740993.0"],
        ["9007199254740994"], ["12345678901234567890"], ["12345678901234567890.1"], ["12345678901234567891"],
        ["1e30"], ["1e31"], ["1e400", "0.1e401", "10e399"], ["1e99999999999999999999"],
    ]

    @Test("orders numbers exactly, however they are written")
    func orders() throws {
        for (place, numbers) in Self.ascending.enumerated() {
            for (otherPlace, others) in Self.ascending.enumerated() {
                for number in numbers {
                    for other in others {
                        let order = try #require(DecimalNumber(number))
                        let actual = Array(other.utf8).withUnsafeBytes { order.order(of: $0) }.signum()
                        #expect(actual == (otherPlace - place).signum(), "\(other) against \(number)")
                        #expect((DecimalNumber(number) == DecimalNumber(other)) == (place == otherPlace))
                    }
                }
            }
        }
    }

    @Test("prints what it reads")
    func prints() throws {
        for number in Self.ascending.flatMap({ $0 }) {
            let decimal = try #require(DecimalNumber(number))
            #expect(DecimalNumber(decimal.text) == decimal, "\(number) prints as \(decimal.text)")
        }
        for (number, text) in [
            ("1e1", "10"), ("-0", "0"), ("1.50", "1.5"), ("1e-3", "0.001"), ("1e400", "1e400"), ("12e-20", "1.2e-19"),
            ("-12.340", "-12.34"), ("1e29", "1" + String(repeating: "0", count: 29)), ("1e30", "1e30"),
            (String(repeating: "7", count: 40), "7." + String(repeating: "7", count: 39) + "e39"),
        ] {
            #expect(DecimalNumber(number)?.text == text)
        }
    }

    @Test(
        "reads what JSON takes for a number, and nothing else",
        arguments: ["", "-", "+1", ".5", "1.", "01", "1e", "1e+", "0x1", "1 ", " 1", "1_000", "NaN", "١", "1,5", "--1"])
    func refuses(text: String) { #expect(DecimalNumber(text) == nil) }

    @Test(
        "tells integers",
        arguments: [
            ("0", 0), ("-0.0", 0), ("15e2", 1500), ("-7", -7), ("9223372036854775807", .max), ("1.5", nil),
            ("9223372036854775808", nil), ("-9223372036854775808", .min), ("1e19", nil), ("0.1", nil), ("1e-1", nil),
        ] as [(String, Int64?)])
    func tellsIntegers(text: String, expected: Int64?) { #expect(DecimalNumber(text)?.integer == expected) }
}
