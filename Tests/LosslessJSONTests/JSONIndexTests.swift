import LosslessJSON
import Testing

@Suite("JSONIndex")
struct JSONIndexTests {
    private static func fault(_ bytes: [UInt8], depthLimit: Int = 512, valueLimit: Int = 1_000_000) -> JSONError? {
        bytes.withUnsafeBytes { raw in
            thrown { () throws(JSONError) in
                var index = JSONIndex()
                try index.read(raw, depthLimit: depthLimit, valueLimit: valueLimit)
            }
        }
    }

    /// The text of each value that `path` leads to.
    private static func values(at path: String, in text: String) throws -> [String] {
        let elements = path.isEmpty ? [] : try JSONPathPattern(parsing: path).elements
        return try Array(text.utf8).withUnsafeBytes { bytes in
            var index = JSONIndex()
            try index.read(bytes)
            var found: [String] = []
            _ = index.contains(at: elements[...], from: try #require(index.root), in: bytes) { node in
                found.append(String(decoding: bytes[index[node].range], as: UTF8.self))
                return false
            }
            return found
        }
    }

    /// The value again, made from the index alone.
    private static func rebuilt(_ index: JSONIndex, _ node: Int, _ bytes: UnsafeRawBufferPointer) -> String {
        switch index[node].kind {
        case .list: "[" + index.children(of: node).map { rebuilt(index, $0, bytes) }.joined(separator: ",") + "]"
        case .map: "{" + index.children(of: node).map { rebuilt(index, $0, bytes) }.joined(separator: ",") + "}"
        default: String(decoding: bytes[index[node].range], as: UTF8.self)
        }
    }

    private static func withoutKeys(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements): "[" + elements.map(withoutKeys).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { withoutKeys($0.value) }.joined(separator: ",") + "}"
        default: value.text
        }
    }

    @Test("holds the values that the parser reads", arguments: JSONVector.valid)
    func agrees(vector: JSONVector) throws {
        let value = try JSONValue(parsing: vector.bytes)
        try vector.bytes.withUnsafeBytes { bytes in
            var index = JSONIndex()
            try index.read(bytes)
            #expect(Self.rebuilt(index, try #require(index.root), bytes) == Self.withoutKeys(value))
        }
    }

    @Test("refuses what the parser refuses, at the same place", arguments: JSONVector.all)
    func refuses(vector: JSONVector) {
        for before in ["", " ", "[", "[0 , ", #"{"k": "#, #"{"k":[{"l" :"#] {
            let bytes = Array(before.utf8) + vector.bytes
            for end in 0...bytes.count {
                let cut = Array(bytes[..<end])
                #expect(Self.fault(cut) == faultOfParsing(cut))
            }
        }
    }

    @Test("has the parser's bounds", arguments: [("[", "]"), (#"{"a":"#, "}"), (#"[{"a":[0,"#, "]}]")])
    func bounds(open: String, close: String) {
        for count in 0...4 {
            let text = String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
            for limit in 0...12 {
                let bytes = Array(text.utf8)
                #expect(Self.fault(bytes, depthLimit: limit) == faultOfParsing(bytes, depthLimit: limit))
                #expect(Self.fault(bytes, valueLimit: limit) == faultOfParsing(bytes, valueLimit: limit))
            }
        }
    }

    @Test("needs no stack for what is deep", arguments: ["[", #"{"a":"#])
    func isFlat(open: String) throws {
        let depth = 100_000
        let text =
            String(repeating: open, count: depth) + "7" + String(repeating: open == "[" ? "]" : "}", count: depth)
        try Array(text.utf8).withUnsafeBytes { bytes in
            var index = JSONIndex()
            try index.read(bytes, depthLimit: depth)
            #expect(index[depth].range == open.utf8.count * depth..<open.utf8.count * depth + 1)
        }
    }

    @Test("is empty after a text that is no JSON, and reads the next one")
    func recovers() throws {
        var index = JSONIndex()
        for (text, count) in [("[1,2]", 2), ("[1,", 0), ("[3]", 1)] {
            Array(text.utf8).withUnsafeBytes { try? index.read($0) }
            #expect(index.isEmpty == (count == 0))
            #expect(index.root.map { index.children(of: $0).map { $0 } }?.count ?? 0 == count)
        }
    }

    @Test(
        "leads to the values of a path",
        arguments: [
            ("", "[1]", ["[1]"]), ("[0]", "[1,2]", ["1"]), ("[1]", "[[1,[2]],\"x\" ]", ["\"x\""]), ("[2]", "[1,2]", []),
            ("[0]", #"{"0":1}"#, []), ("a", #"{"a":{"b":1}}"#, [#"{"b":1}"#]), ("a.b", #"{"a":{"b":1}}"#, ["1"]),
            ("a.b", #"{"a":[1]}"#, []), ("a", "[1]", []), ("a", "1", []), ("a[0]", #"{"a":[[] ,1]}"#, ["[]"]),
            ("[*]", "[1,[2],{}]", ["1", "[2]", "{}"]), ("[*]", "[]", []), ("[*]", #"{"a":1}"#, []),
            ("[*].a", #"[{"a":1},{"b":2},3,{"a":4}]"#, ["1", "4"]), ("[*][*]", "[[1],2,[[3]]]", ["1", "[3]"]),
            ("a[*][1]", #"{"a":[[1,2],[3],[4,5]]}"#, ["2", "5"]),
            // The last of what comes twice, and keys by what they mean.
            ("a", #"{"a":1,"a":2}"#, ["2"]), ("a", #"{"a":1,"\u0061":2,"b":3}"#, ["2"]),
            (#"["b.c"]"#, #"{"b.c":1,"b":{"c":2}}"#, ["1"]), ("größe", #"{"gr\u00f6\u00DFe":1}"#, ["1"]),
            (#"["\ud83d\ude00"]"#, #"{"😀":1}"#, ["1"]), (#"["😀"]"#, #"{"\uD83D\uDE00":1}"#, ["1"]),
            (#"["\n\"\\/"]"#, #"{"\n\"\\\/":1}"#, ["1"]), (#"[""]"#, #"{"":1}"#, ["1"]),
            ("a", #"{"A":1,"aa":2,"":3,"\u0061a":4}"#, []), (#"["e\u0301"]"#, #"{"é":1}"#, []),
            ("[\"\u{FFFD}\"]", #"{"\ud83d":1}"#, ["1"]), ("[\"\u{FFFD}x\"]", #"{"\ud83dx":1}"#, ["1"]),
        ])
    func leads(path: String, text: String, expected: [String]) throws {
        #expect(try Self.values(at: path, in: text) == expected)
    }

    @Test("ends where the value is found")
    func ends() throws {
        try Array("[1,2,3]".utf8).withUnsafeBytes { bytes in
            var index = JSONIndex()
            try index.read(bytes)
            var calls = 0
            let isFound = index.contains(at: [.each], from: 0, in: bytes) { _ in
                calls += 1
                return calls == 2
            }
            #expect(isFound)
            #expect(calls == 2)
        }
    }

    @Test(
        "reads strings by what they mean",
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""a\n\"\u00e9""#, "a\n\"é"), (#""\ud83d\ude00""#, "😀"),
            (#""\ude00\ud83d""#, "\u{FFFD}\u{FFFD}"), ("1.50", "1.50"), ("true", "true"), ("[1, 2]", "[1, 2]"),
        ])
    func reads(text: String, expected: String) throws {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var index = JSONIndex()
            var scratch = Array("left".utf8)
            try index.read(bytes)
            let text = index.withText(of: 0, in: bytes, scratch: &scratch) { String(decoding: $0, as: UTF8.self) }
            #expect(text == expected)
        }
    }
}

@Suite("JSONPathPattern")
struct JSONPathPatternTests {
    @Test(
        "reads a path and writes it as it was",
        arguments: [
            ("args[*]", [.key(Array("args".utf8)), .each]), ("[*][0].a", [.each, .index(0), .key(Array("a".utf8))]),
            (#"args[0]["*"]"#, [.key(Array("args".utf8)), .index(0), .key(Array("*".utf8))]),
            ("größe[*]", [.key(Array("größe".utf8)), .each]),
        ] as [(String, [JSONPathPattern.Element])])
    func reads(text: String, elements: [JSONPathPattern.Element]) throws {
        #expect(try JSONPathPattern(parsing: text).elements == elements)
        #expect(JSONPathPattern(elements).text == text)
    }

    @Test("says where a path is wrong", arguments: [("a[*", 4), ("a[**]", 4), ("a.*", 3), ("a[", 3), ("[* ]", 3)])
    func refuses(text: String, column: Int) {
        let error = #expect(throws: JSONPathError.self) { try JSONPathPattern(parsing: text) }
        #expect(error?.column == column)
    }
}
