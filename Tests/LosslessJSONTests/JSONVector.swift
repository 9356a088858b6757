import Foundation
import LosslessJSON
import Testing

/// One line of `Tests/Vectors/json-texts.json`: a text, or bytes in hexadecimal, with either the compact text that comes
/// of it (left out where it is the same) or an error.
struct JSONVector: Decodable, CustomTestStringConvertible, Sendable {
    let name: String, text: String?, hex: String?, encoded: String?
    let error: String?, offset: Int?

    var testDescription: String { name }

    static let all: [JSONVector] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Vectors/json-texts.json")
        do {
            return try JSONDecoder().decode([JSONVector].self, from: Data(contentsOf: file))
        } catch {
            Issue.record("\(file.lastPathComponent): \(error)")
            return []
        }
    }()

    static let valid = all.filter { $0.error == nil }
    static let invalid = all.filter { $0.error != nil }

    var bytes: [UInt8] {
        if let text { return Array(text.utf8) }
        let digits = Array(hex ?? "")
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }

    var compactText: String? { encoded ?? text }

    var expectedError: JSONError? {
        error.flatMap(JSONError.Code.init(rawValue:)).map { JSONError($0, at: offset ?? -1) }
    }
}

/// The error that `body` throws, nil for none.
func thrown<Value>(_ body: () throws(JSONError) -> Value) -> JSONError? {
    do throws(JSONError) {
        _ = try body()
        return nil
    } catch {
        return error
    }
}

func faultOfParsing(_ bytes: [UInt8], depthLimit: Int = 512, valueLimit: Int = 1_000_000) -> JSONError? {
    bytes.withUnsafeBytes { raw in
        thrown { () throws(JSONError) in
            try JSONParser.parse(raw, depthLimit: depthLimit, valueLimit: valueLimit)
        }
    }
}

func faultOfValidating(_ bytes: [UInt8], depthLimit: Int = 512, valueLimit: Int = 1_000_000) -> JSONError? {
    bytes.withUnsafeBytes { raw in
        thrown { () throws(JSONError) in
            try JSONParser.validate(raw, depthLimit: depthLimit, valueLimit: valueLimit)
        }
    }
}
