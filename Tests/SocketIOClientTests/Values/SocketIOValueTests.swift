import Foundation
import Testing

@testable import SocketIOClient

@Suite("SocketIOValue")
struct SocketIOValueTests {
    @Test("is written by literals, with order and doubled keys kept")
    func literals() {
        let name = "Ada"
        let value: SocketIOValue = [
            "z": 1, "a": [nil, true, "hi \(name)", -5, 1.5], "z": [:], "e": [],
        ]
        #expect(value.jsonText == #"{"z":1,"a":[null,true,"hi Ada",-5,1.5],"z":{},"e":[]}"#)
    }

    @Test("is made of Swift's own types")
    func initialisers() {
        #expect(SocketIOValue(true) == true)
        #expect(SocketIOValue(7) == 7)
        #expect(SocketIOValue(1.5) == 1.5)
        #expect(SocketIOValue(Double.nan) == 0)
        #expect(SocketIOValue("x") == "x")
        #expect(SocketIOValue([1, 2] as [UInt8]) == .binary([1, 2]))
    }

    @Test("gives what it is and nil for all else")
    func accessors() {
        let values: [SocketIOValue] = [nil, true, 7, 1.0, "x", .binary([1]), [1], ["a": 1]]
        #expect(values.map(\.isNull) == [true, false, false, false, false, false, false, false])
        #expect(values.map(\.bool) == [nil, true, nil, nil, nil, nil, nil, nil])
        #expect(values.map(\.int) == [nil, nil, 7, nil, nil, nil, nil, nil])
        #expect(values.map(\.double) == [nil, nil, 7, 1, nil, nil, nil, nil])
        #expect(values.map(\.string) == [nil, nil, nil, nil, "x", nil, nil, nil])
        #expect(values.map(\.binary) == [nil, nil, nil, nil, nil, [1], nil, nil])
        #expect(values.map(\.array) == [nil, nil, nil, nil, nil, nil, [1], nil])
        #expect(values.map(\.object) == [nil, nil, nil, nil, nil, nil, nil, ["a": 1]])
    }

    @Test("finds members and elements and never traps; of members that come twice the last")
    func subscripts() {
        let value: SocketIOValue = ["a": 1, "b": [true, "x"], "a": 2, "c": nil]
        #expect(value["a"] == 2)
        #expect(value["b"]?[1] == "x")
        #expect(value["b"]?[2] == nil && value["b"]?[-1] == nil && value["b"]?[Int.max] == nil)
        #expect(value["c"] == SocketIOValue.null && value["d"] == nil)
        #expect(value[0] == nil && value["b"]?["a"] == nil)
    }

    @Test("tells keys apart that only look the same, as JavaScript does")
    func keysByCodeUnits() throws {
        let value = try SocketIOValue(json: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(value["\u{E9}"] == 1)
        #expect(value["e\u{301}"] == 2)
    }

    @Test("changes, adds and takes out members of an object")
    func object() {
        var object: SocketIOObject = ["a": 1, "b": 2, "a": 3]
        object["a"] = 4
        #expect(SocketIOValue.object(object).jsonText == #"{"a":1,"b":2,"a":4}"#)
        object["c"] = .null
        #expect(object.keys == ["a", "b", "a", "c"])
        object["a"] = nil
        #expect(object.map(\.key) == ["b", "c"] && object.last?.value == SocketIOValue.null)
        #expect(object.description == #"{"b":2,"c":null}"#)
    }

    @Test("describes itself as JSON, bytes by their size")
    func description() {
        let value: SocketIOValue = ["a": .binary(Array(repeating: 0, count: 12)), "b": ["é\n", 1.0]]
        #expect("\(value)" == #"{"a":<binary 12 bytes>,"b":["é\n",1.0]}"#)
    }

    @Test("reads and writes each text of the vectors", arguments: TextVector.all)
    func vectors(vector: TextVector) throws {
        guard let text = vector.text else { return }
        guard vector.error == nil else {
            #expect(throws: SocketIOClientError.self) { try SocketIOValue(json: text) }
            return
        }
        let value = try SocketIOValue(json: text)
        let written = value.jsonText
        #expect(try SocketIOValue(json: written) == value)
        // Escapes that need not be and halves of surrogate pairs are all that may come out otherwise.
        if !text.contains(#"\u"#), !text.contains(#"\/"#) { #expect(written == vector.encoded ?? text) }
    }

    @Test("reads half of a surrogate pair as U+FFFD")
    func loneSurrogate() throws {
        #expect(try SocketIOValue(json: #""a\ud83db""#) == "a\u{FFFD}b")
    }

    @Test("stands for bytes by $binary in text")
    func binaryInText() throws {
        let value: SocketIOValue = ["a": .binary([1, 2, 3, 4]), "b": [.binary([])]]
        #expect(value.jsonText == #"{"a":{"$binary":"AQIDBA=="},"b":[{"$binary":""}]}"#)
        #expect(try SocketIOValue(json: value.jsonText) == value)
        for text in [#"{"$binary":1}"#, #"{"$binary":"AQ==","x":1}"#, #"{"_placeholder":true,"num":0}"#] {
            #expect(try SocketIOValue(json: text).jsonText == text)
        }
        let fault = fault { () throws(SocketIOClientError) in try SocketIOValue(json: #"{"a":[{"$binary":"AQ"}]}"#) }
        #expect(fault?.message == #"a[0]: $binary is base64 with padding, here it is the string "AQ""#)
    }

    @Test(
        "says what is wrong with a text",
        arguments: [
            ("", "the JSON ends too early, at byte 0"), ("[1,]", "the JSON is broken at byte 3"),
            ("[1.]", "the number at byte 3 is not written as JSON writes numbers"),
            (#"["\x"]"#, "the escape at byte 2 is none that JSON knows"),
            ("1 2", "there is more behind the JSON value, at byte 2"),
            (
                String(repeating: "[", count: 100_000),
                "the JSON is nested deeper than 512 lists and objects, at byte 512"
            ),
        ])
    func faults(text: String, message: String) {
        let fault = fault { () throws(SocketIOClientError) in try SocketIOValue(json: text) }
        #expect(fault == SocketIOClientError(code: .decoding, message: message))
    }

    @Test("writes a value of any depth as text", arguments: [false, true])
    func deepText(inObjects: Bool) {
        withNested(100_000, inObjects: inObjects) { value in
            let text = value.jsonText
            #expect(text.utf8.count == (inObjects ? 600_004 : 200_004))
            let description = value.description
            #expect(description == text)
        }
    }
}

/// One line of `Tests/Vectors/json-texts.json`.
struct TextVector: Decodable, CustomTestStringConvertible, Sendable {
    let name: String, text: String?, encoded: String?, error: String?

    var testDescription: String { name }

    static let all: [TextVector] = {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = tests.appending(path: "Vectors/json-texts.json")
        do {
            return try JSONDecoder().decode([TextVector].self, from: Data(contentsOf: file))
        } catch {
            Issue.record("\(file.lastPathComponent): \(error)")
            return []
        }
    }()
}
