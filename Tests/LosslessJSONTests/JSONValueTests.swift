import LosslessJSON
import Testing

@Suite("JSONValue")
struct JSONValueTests {
    @Test("keeps the text of numbers and tells their value")
    func numbers() throws {
        let cases: [(String, Double, Int?)] = [
            ("1.0", 1, nil), ("1e3", 1000, nil), ("12345678901234567890", 12_345_678_901_234_567_168, nil),
            ("-0", 0, 0),
            ("1.10", 1.1, nil), ("1e400", .infinity, nil), ("-1e400", -.infinity, nil), ("1e-400", 0, nil),
            ("9223372036854775807", 0x1p63, .max), ("-9223372036854775808", -0x1p63, .min),
            ("9223372036854775808", 0x1p63, nil), ("9007199254740993", 9_007_199_254_740_992, 9_007_199_254_740_993),
        ]
        for (text, double, int) in cases {
            guard case .number(let number) = try JSONValue(parsing: text) else {
                Issue.record("\(text) is no number")
                continue
            }
            #expect(number.text == text)
            #expect(number.double == double)
            #expect(number.int == int)
        }
        guard case .number(let number) = try JSONValue(parsing: "-0") else { return }
        #expect(number.double.sign == .minus)
    }

    @Test(
        "compares the text, not what it means", arguments: [("1", "1.0"), (#""a""#, #""\u0061""#), (#""/""#, #""\/""#)])
    func comparesText(one: String, other: String) throws {
        #expect(try JSONValue(parsing: one) != JSONValue(parsing: other))
        #expect(try JSONValue(parsing: one) == JSONValue(parsing: " \(one) "))
    }

    @Test("writes each double so that it is read back, and 0 for what JSON cannot write")
    func writesDoubles() throws {
        for double in [0, -0.0, 1, 0.1, 1e20, 1e-7, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi] as [Double] {
            let text = JSONNumber(double).text
            #expect(faultOfValidating(Array(text.utf8)) == nil)
            #expect(Double(text)?.bitPattern == double.bitPattern)
        }
        for double in [.infinity, -.infinity, .nan] as [Double] { #expect(JSONNumber(double).text == "0") }
    }

    @Test(
        "tells what an escaped string means",
        arguments: [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e9\u20AC""#, "Aé€"),
            (#""\ud83d\ude00""#, "😀"), (#""\uD800\uDC00\udbff\udfff""#, "\u{10000}\u{10FFFF}"),
            (#""a\ud83db""#, "a\u{FFFD}b"), (#""\ude00""#, "\u{FFFD}"), (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"), (#""\ud83d\n""#, "\u{FFFD}\n"),
            (#""\u0000""#, "\u{0}"), (#""é\\u0041""#, #"é\u0041"#),
        ])
    func unescapes(text: String, meaning: String) throws {
        #expect(try JSONValue(parsing: text).string == meaning)
    }

    @Test(
        "reads broken escapes that nobody checked as U+FFFD",
        arguments: ["\\", "\\u", "\\u12", "\\u12G4", "\\uD83D\\u"])
    func unescapesUnchecked(escaped: String) {
        #expect(JSONString(escapedOnWire: escaped).value.unicodeScalars.contains("\u{FFFD}"))
    }

    @Test("escapes what must be and nothing else")
    func escapes() throws {
        let all = String(String.UnicodeScalarView((0...0x7F).compactMap(Unicode.Scalar.init)))
        let escaped = JSONString(all + "é€😀\u{2028}").escaped
        #expect(
            escaped.hasPrefix(#"\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010"#))
        #expect(escaped.contains(##"\u001f !\"#$"##) && escaped.contains(#"[\\]"#))
        #expect(escaped.hasSuffix("~\u{7F}é€😀\u{2028}"))
        #expect(JSONString(escapedOnWire: escaped).value == all + "é€😀\u{2028}")
        #expect(faultOfValidating(Array("\"\(escaped)\"".utf8)) == nil)
    }

    @Test("tells names apart that only look the same, as JavaScript does")
    func namesByCodeUnits() throws {
        let value = try JSONValue(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"]?.int == 1)
        #expect(value["e\u{301}"]?.int == 2)
    }

    @Test("finds members and elements; of members that come twice the last")
    func subscripts() throws {
        let value = try JSONValue(parsing: #"{"a":1,"b":[true,"x"],"a":2,"\u0063":null}"#)
        #expect(value["a"]?.int == 2)
        #expect(value["b"]?[0]?.bool == true)
        #expect(value["b"]?[1]?.string == "x")
        #expect(value["b"]?[2] == nil && value["b"]?[-1] == nil)
        #expect(value["c"] == .null)
        #expect(value["d"] == nil && value[0] == nil && value["b"]?["a"] == nil)
        #expect(value.members?.map(\.key.value) == ["a", "b", "a", "c"])
    }

    @Test("is written by literals")
    func literals() {
        let value: JSONValue = ["z": 1, "a": [nil, true, "é\"", -5], "m": [:]]
        #expect(value.text == #"{"z":1,"a":[null,true,"é\"",-5],"m":{}}"#)
    }
}
