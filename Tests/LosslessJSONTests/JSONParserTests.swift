import LosslessJSON
import Testing

@Suite("JSONParser")
struct JSONParserTests {
    @Test("has all vectors")
    func hasAllVectors() {
        #expect(JSONVector.valid.count > 45)
        #expect(JSONVector.invalid.count > 65)
        #expect(JSONVector.invalid.allSatisfy { $0.expectedError != nil })
    }

    @Test("reads each text and writes it back", arguments: JSONVector.valid)
    func readsAndWrites(vector: JSONVector) throws {
        #expect(try JSONValue(parsing: vector.bytes).text == vector.compactText)
        #expect(faultOfValidating(vector.bytes) == nil)
    }

    @Test("refuses each wrong text, where it is wrong", arguments: JSONVector.invalid)
    func refuses(vector: JSONVector) {
        #expect(faultOfParsing(vector.bytes) == vector.expectedError)
        #expect(faultOfValidating(vector.bytes) == vector.expectedError)
    }

    @Test("refuses each text cut at each byte, as one that ends too early", arguments: JSONVector.valid)
    func refusesCut(vector: JSONVector) {
        // In a list, since a number cut is a number, and without the space after the value.
        let bytes = Array("[".utf8) + Array((vector.compactText ?? "").utf8)
        for end in 0...bytes.count {
            let cut = Array(bytes[..<end])
            let expected = JSONError(.unexpectedEnd, at: end)
            #expect(faultOfParsing(cut) == expected)
            #expect(faultOfValidating(cut) == expected)
        }
    }

    @Test("refuses each wrong text after a comma and after a colon too", arguments: JSONVector.invalid)
    func refusesWithin(vector: JSONVector) throws {
        guard let error = vector.expectedError, error.code != .trailingBytes, error.code != .unexpectedEnd else {
            return
        }
        for start in ["[0 , ", #"{"k": "#] {
            let expected = JSONError(error.code, at: error.offset + start.utf8.count)
            #expect(faultOfParsing(Array(start.utf8) + vector.bytes) == expected)
            #expect(faultOfValidating(Array(start.utf8) + vector.bytes) == expected)
        }
    }

    @Test("reads lists and maps as deep as the limit and no deeper", arguments: [("[", "]"), (#"{"a":"#, "}")])
    func limitsDepth(open: String, close: String) {
        for limit in [1, 2, 512] {
            let text = String(repeating: open, count: limit) + "1" + String(repeating: close, count: limit)
            let deeper = Array((open + text + close).utf8)
            let tooDeep = JSONError(.tooDeep, at: open.utf8.count * limit)
            #expect(faultOfParsing(Array(text.utf8), depthLimit: limit) == nil)
            #expect(faultOfParsing(deeper, depthLimit: limit) == tooDeep)
            #expect(faultOfValidating(Array(text.utf8), depthLimit: limit) == nil)
            #expect(faultOfValidating(deeper, depthLimit: limit) == tooDeep)
        }
    }

    @Test("counts depth anew after each closing bracket")
    func countsDepth() {
        #expect(faultOfParsing(Array(#"[[],{},[],{"a":[]}]"#.utf8), depthLimit: 3) == nil)
        #expect(faultOfParsing(Array(#"[[],{},[],{"a":[]}]"#.utf8), depthLimit: 2) == JSONError(.tooDeep, at: 15))
    }

    @Test("stops at a depth that would exhaust the stack", arguments: ["[", #"{"a":"#])
    func stopsAtGreatDepth(open: String) {
        let bytes = Array(String(repeating: open, count: 1_000_000).utf8)
        #expect(faultOfParsing(bytes) == JSONError(.tooDeep, at: 512 * open.utf8.count))
    }

    @Test("reads as many values as the limit and no more")
    func limitsValues() {
        let bytes = Array(#"[1,"a",{"k":null},[]]"#.utf8)
        for (limit, offset) in [(0, 0), (1, 1), (2, 3), (3, 7), (4, 12), (5, 18)] {
            #expect(faultOfParsing(bytes, valueLimit: limit) == JSONError(.tooManyValues, at: offset))
            #expect(faultOfValidating(bytes, valueLimit: limit) == JSONError(.tooManyValues, at: offset))
        }
        #expect(faultOfParsing(bytes, valueLimit: 6) == nil)
        #expect(faultOfValidating(bytes, valueLimit: 6) == nil)
    }

    @Test(
        "finds the elements of a list",
        arguments: [
            ("[]", []), (" [ ] ", []), ("[1]", ["1"]),
            (
                #"[ "a,]" , [1, 2] ,{"k" : "]"} , 1.0 ]"#,
                [#""a,]""#, "[1, 2]", #"{"k" : "]"}"#, "1.0"]
            ),
        ])
    func findsElements(text: String, expected: [String]) throws {
        let bytes = Array(text.utf8)
        let ranges = try bytes.withUnsafeBytes { try JSONParser.elements(of: $0) }
        #expect(ranges.map { String(decoding: bytes[$0], as: UTF8.self) } == expected)
    }

    @Test(
        "refuses to find the elements of what is no list",
        arguments: [
            ("", JSONError.Code.unexpectedEnd, 0), ("{}", .unexpectedByte, 0), ("[1", .unexpectedEnd, 2),
            ("[1]]", .trailingBytes, 3), ("[1,]", .unexpectedByte, 3), (#"["\q"]"#, .badEscape, 2),
            ("[[]]", .tooDeep, 1),
        ])
    func refusesElements(text: String, code: JSONError.Code, offset: Int) {
        let fault = Array(text.utf8).withUnsafeBytes { raw in
            thrown { () throws(JSONError) in try JSONParser.elements(of: raw, depthLimit: 1) }
        }
        #expect(fault == JSONError(code, at: offset))
    }
}
