import LosslessJSON
import Testing

@Suite("JSONEditor")
struct JSONEditorTests {
    private static func replacing(_ path: String, in text: String, with value: String) throws -> String {
        let edited = try JSONEditor.replacing(
            try JSONPath(parsing: path), in: Array(text.utf8), with: Array(value.utf8))
        return String(decoding: edited, as: UTF8.self)
    }

    @Test(
        "changes the one value and no other byte",
        arguments: [
            ("[1]", #"["a", 1.0 , 1e3]"#, #"["a", NEW , 1e3]"#),
            ("[0].b", #"[{"a":1.0,"b":12345678901234567890,"c":-0}]"#, #"[{"a":1.0,"b":NEW,"c":-0}]"#),
            ("a", " {\t\"a\" :\n[1,{}] }\r\n", " {\t\"a\" :\nNEW }\r\n"),
            ("a.b", #"{"x":{"b":1},"a":{"b":"]}\"\\"},"y":"\ud83d"}"#, #"{"x":{"b":1},"a":{"b":NEW},"y":"\ud83d"}"#),
            ("a", #"{"\u0061":1}"#, #"{"\u0061":NEW}"#), (#"["\"\n"]"#, #"{"\"\n":1}"#, #"{"\"\n":NEW}"#),
            ("größe", #"{"größe":"ä"}"#, #"{"größe":NEW}"#), ("a", #"{"a":1,"b":2,"a":3}"#, #"{"a":1,"b":2,"a":NEW}"#),
            ("a.b", #"{"a":{"b":1},"a":{"b":2}}"#, #"{"a":{"b":1},"a":{"b":NEW}}"#),
            ("__proto__.x", #"{"__proto__":{"x":1}}"#, #"{"__proto__":{"x":NEW}}"#),
            ("[2][0]", #"[[1],[2],[3],[4]]"#, "[[1],[2],[NEW],[4]]"), ("a", #"{"a":true}"#, #"{"a":NEW}"#),
        ])
    func replaces(path: String, text: String, expected: String) throws {
        #expect(try Self.replacing(path, in: text, with: "NEW") == expected)
    }

    @Test(
        "creates the last element of a path and nothing above it",
        arguments: [
            ("a", "{}", #"{"a":1}"#), ("b", #"{"a" : 0 }"#, #"{"a" : 0,"b":1 }"#), ("a", "{ }", #"{"a":1 }"#),
            ("[0]", "[]", "[1]"), ("[2]", "[ 8, 9 ]", "[ 8, 9,1 ]"), ("[0].x", "[{}]", #"[{"x":1}]"#),
            (#"["a\"b"]"#, "{}", #"{"a\"b":1}"#),
        ])
    func creates(path: String, text: String, expected: String) throws {
        #expect(try Self.replacing(path, in: text, with: "1") == expected)
    }

    @Test(
        "says which element could not be followed",
        arguments: [
            ("a.b", "{}", .missing, 0), ("a.b.c", #"{"a":{}}"#, .missing, 1), ("a.b", #"{"a":1}"#, .noMap, 1),
            ("a[0]", #"{"a":{}}"#, .noList, 1), ("a", "[]", .noMap, 0), ("[0]", "{}", .noList, 0),
            ("[1]", "[]", .pastEnd, 0), ("a[2]", #"{"a":[0]}"#, .pastEnd, 1), ("a", "null", .noMap, 0),
            ("a.b", #"{"a":{"b":1},"a":2}"#, .noMap, 1), ("a", "", .notJSON, 0), ("a", #"{"a":1"#, .notJSON, 0),
            ("a", #"{"a":1}}"#, .notJSON, 0), ("a", #"{"a":01}"#, .notJSON, 0),
        ] as [(String, String, JSONEditError.Code, Int)])
    func refuses(path: String, text: String, code: JSONEditError.Code, element: Int) {
        let error = #expect(throws: JSONEditError.self) { try Self.replacing(path, in: text, with: "1") }
        #expect(error?.code == code)
        #expect(error?.element == element)
    }

    @Test(
        "takes a member or element out with its comma, and changes no other byte",
        arguments: [
            ("a", #"{"a":1}"#, "{}"), ("a", #"{ "a" : 1 }"#, "{  }"), ("a", #"{"a":1, "b":1.0}"#, #"{"b":1.0}"#),
            ("b", #"{"a":1e3 , "b":2}"#, #"{"a":1e3}"#), ("b", #"{"a":1,"b":2,"c":3}"#, #"{"a":1,"c":3}"#),
            ("[0]", "[1, 2]", "[2]"), ("[1]", "[ 1 , 2 ]", "[ 1 ]"), ("[0]", "[1]", "[]"), ("[1]", "[1,2,3]", "[1,3]"),
            ("a", #"{"a":1,"b":2,"a":3}"#, #"{"b":2}"#), ("a", #"{"a":1,"a":2}"#, "{}"),
            ("b", #"{"a":0,"b":1,"b":2,"c":3,"b":4}"#, #"{"a":0,"c":3}"#),
            ("a", #"{"a":1,"a":2,"c":3,"a":4}"#, #"{"c":3}"#), ("a", #"{"\u0061":1,"b":"}"}"#, #"{"b":"}"}"#),
            ("x.y[1].z", #"{"x":{"y":[0,{"z":1,"k":-0}]}}"#, #"{"x":{"y":[0,{"k":-0}]}}"#),
        ])
    func removes(path: String, text: String, expected: String) throws {
        let edited = try JSONEditor.removing(try JSONPath(parsing: path), in: Array(text.utf8))
        #expect(String(decoding: edited, as: UTF8.self) == expected)
    }

    @Test(
        "takes out nothing that is not there",
        arguments: [
            ("a", "{}", .missing), ("[1]", "[0]", .missing), ("a.b", #"{"a":1}"#, .noMap), ("[0]", "{}", .noList),
            ("a", #"{"a":1"#, .notJSON), ("a.b", "{}", .missing),
        ] as [(String, String, JSONEditError.Code)])
    func removesNothing(path: String, text: String, code: JSONEditError.Code) {
        let error = #expect(throws: JSONEditError.self) {
            try JSONEditor.removing(try JSONPath(parsing: path), in: Array(text.utf8))
        }
        #expect(error?.code == code)
    }

    @Test("does not take a composed and a decomposed letter for one key")
    func comparesCodeUnits() throws {
        let text = "{\"e\u{301}\":1}"
        #expect(try Self.replacing("\u{E9}", in: text, with: "2") == "{\"e\u{301}\":1,\"\u{E9}\":2}")
    }

    @Test("finds a value and does not find one that would be new")
    func finds() throws {
        let text = Array(#"{"a":[1, 22]}"#.utf8)
        #expect(try JSONEditor.range(of: JSONPath(parsing: "a[1]"), in: text) == 9..<11)
        #expect(throws: JSONEditError(.missing, element: 1)) {
            try JSONEditor.range(of: JSONPath(parsing: "a[2]"), in: text)
        }
    }

    @Test("reads any cut of a text without a trap")
    func cursorSurvives() {
        let text = Array(#" [{"a\"":[1.5e3,"\u00e4",null]},{"b":{}},"x"]"#.utf8)
        for start in text.indices {
            for end in start...text.count {
                text[start..<end].withUnsafeBytes { bytes in
                    var value = JSONCursor(bytes)
                    #expect(value.value().upperBound <= bytes.count)
                    var list = JSONCursor(bytes)
                    _ = list.elements { #expect($0.upperBound <= bytes.count) }
                    var map = JSONCursor(bytes)
                    _ = map.members { #expect($0.upperBound <= bytes.count && $1.upperBound <= bytes.count) }
                }
            }
        }
    }

    @Test("edits at the deepest nesting that is read and refuses one deeper")
    func limitsDepth() throws {
        let depth = JSONParser.defaultDepthLimit
        let deepest = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(try Self.replacing("[0]", in: deepest, with: "1") == "[1]")
        let error = #expect(throws: JSONEditError.self) { try Self.replacing("[0]", in: "[\(deepest)]", with: "1") }
        #expect(error?.cause?.code == .tooDeep)
    }
}
