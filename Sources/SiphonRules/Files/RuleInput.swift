package import LosslessJSON

/// Rules as somebody hands them over: one, or a whole file's, in YAML or JSON.
package struct RuleInput {
    /// As they were written, each of them a rule.
    package let rules: [JSONValue]

    /// Errors say the line and column where they can.
    package init(bytes: [UInt8]) throws(RuleError) {
        guard bytes.count <= RuleFileText.bytesLimit else {
            throw RuleError(path: "", message: "the text is larger than \(RuleFileText.bytesLimit) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RuleError(path: "", message: "the text is not UTF-8")
        }
        // What is JSON may have escapes that YAML does not read.
        if let json = try? JSONValue(parsing: text), json.members != nil {
            rules = try Self.rules(json)
            return
        }
        let document = try YAMLDocument(parsing: text)
        do { rules = try Self.rules(document.value) } catch { throw document.locating(error) }
    }

    private static func rules(_ json: JSONValue) throws(RuleError) -> [JSONValue] {
        guard json["rules"] == nil else {
            _ = try RuleParser.rules(from: json)
            return json["rules"]?.elements ?? []
        }
        _ = try RuleParser.rule(from: json)
        return [json]
    }
}

/// What a rule does, in a few words.
package enum RuleSummary {
    /// The actions behind `then`, such as `set { name: x }; drop`.
    package static func actions(_ json: JSONValue) -> String {
        (json.elements ?? [json]).map(action).joined(separator: "; ")
    }

    private static func action(_ json: JSONValue) -> String {
        guard let members = json.members, let first = members.first, members.count == 1 else { return value(json) }
        return "\(first.key.value) \(value(first.value))"
    }

    /// A value on one line.
    package static func value(_ json: JSONValue) -> String { YAMLWriter().flow(json, inBrackets: false) }
}
