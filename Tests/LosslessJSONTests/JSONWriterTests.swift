import LosslessJSON
import Testing

@Suite("JSONWriter")
struct JSONWriterTests {
    @Test("puts commas between members and elements and nowhere else")
    func writes() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("list")
        writer.beginArray()
        writer.number(1)
        writer.number(0.5)
        writer.beginArray()
        writer.endArray()
        writer.beginObject()
        writer.endObject()
        writer.string("a\"\n")
        writer.endArray()
        writer.key("raw\\")
        writer.raw(#"{"kept": 1.0}"#.utf8)
        writer.key("bool")
        writer.bool(false)
        writer.key("null")
        writer.null()
        writer.key("value")
        writer.value([["a": 1], "b"])
        writer.key("last")
        writer.bool(true)
        writer.endObject()
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(
            text == #"{"list":[1,0.5,[],{},"a\"\n"],"raw\\":{"kept": 1.0},"#
                + #""bool":false,"null":null,"value":[{"a":1},"b"],"last":true}"#)
        #expect(faultOfValidating(writer.bytes) == nil)
    }

    @Test(
        "writes a value at the top without a comma", arguments: [nil, true, 1, "a", [1, 2], ["k": []]] as [JSONValue])
    func writesTop(value: JSONValue) throws {
        #expect(try JSONValue(parsing: value.encoded) == value)
    }

    @Test("writes trees of each shape so that they are read back")
    func roundTrip() throws {
        var random = SplitMix(state: 2)
        for _ in 0..<500 {
            let value = random.value(depth: 5)
            #expect(try JSONValue(parsing: value.encoded) == value)
            #expect(faultOfValidating(value.encoded) == nil)
        }
    }
}

/// The same numbers in each run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &self) {
        case 0: return .null
        case 1: return .bool(.random(using: &self))
        case 2: return JSONValue(Int.random(in: .min ... .max, using: &self))
        case 3: return .number(JSONNumber(Double(bitPattern: next())))
        case 4: return JSONValue(string())
        case 5: return .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &self)).map { _ in
                    JSONMember(JSONString(string()), value(depth: depth - 1))
                })
        }
    }

    private mutating func string() -> String {
        let scalars = (0..<Int.random(in: 0...12, using: &self)).compactMap { _ in
            Unicode.Scalar(UInt32.random(in: 0...(Bool.random(using: &self) ? 0x7F : 0x10FFFF), using: &self))
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
