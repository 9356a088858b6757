import Foundation
import LosslessJSON

@testable import SiphonDemo

/// `Tests/Vectors/demo-events.json`: every event of the demo by example.
struct EventCatalogue {
    let json: JSONValue

    static let shared: EventCatalogue = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Vectors/demo-events.json")
        let json = (try? Data(contentsOf: file)).flatMap { try? JSONValue(parsing: Array($0)) }
        return EventCatalogue(json: json ?? nil)
    }()

    /// The names of the events of one side, in the order of the file.
    func names(from side: String) -> [String] {
        entries(from: side).compactMap { $0["name"]?.string }
    }

    func entry(from side: String, _ name: String) -> JSONValue? {
        entries(from: side).first { $0["name"]?.string == name }
    }

    private func entries(from side: String) -> [JSONValue] {
        (json["events"]?.elements ?? []).filter { $0["from"]?.string == side }
    }

    /// The kinds of values and the names of members, in one line; two values of one shape give one text. Null, a
    /// string and an absent value count as the same, since null stands for "a string or null"; a list is as its first
    /// element is, and an empty one fits any.
    static func shape(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null, .string: "text"
        case .bool: "bool"
        case .number: "number"
        case .array(let elements): elements.isEmpty ? "[]" : "[\(shape(elements[0]))]"
        case .object(let members):
            if value?["bytes"] != nil || value?["_placeholder"] != nil {
                "bytes"
            } else {
                "{\(members.map { "\($0.key.value): \(shape($0.value))" }.sorted().joined(separator: ", "))}"
            }
        }
    }
}
