import Base64Coding
import LosslessJSON

/// Reads the values of a rule: JSON in which `{"$binary": "<base64>"}` stands for a binary value and `{{…}}` in a
/// string for what the event or the proxy says.
enum RuleValueParser {
    /// Most templates in one value.
    static let templateLimit = 100

    static func value(_ json: JSONValue, at path: RulePath) throws(RuleError) -> RuleValue {
        var templates = 0
        return try value(json, at: path, templates: &templates)
    }

    static func values(_ list: [JSONValue], at path: RulePath) throws(RuleError) -> [RuleValue] {
        var values: [RuleValue] = []
        for (index, element) in list.enumerated() { values.append(try value(element, at: path.index(index))) }
        return values
    }

    private static func value(
        _ json: JSONValue, at path: RulePath, templates: inout Int
    ) throws(RuleError) -> RuleValue {
        switch json {
        case .null, .bool, .number: return .constant(json.encoded)
        case .string(let string): return try self.string(string, at: path, templates: &templates)
        case .array(let elements):
            var values: [RuleValue] = []
            for (index, element) in elements.enumerated() {
                values.append(try value(element, at: path.index(index), templates: &templates))
            }
            return values.allSatisfy(\.isConstant) ? .constant(json.encoded) : .list(values)
        case .object(let members):
            if members.count == 1, members[0].key.value == "$binary" {
                return try binary(members[0].value, at: path.key("$binary"))
            }
            var values: [RuleValue.Member] = []
            for member in members {
                let key = member.key.value
                guard key != "$binary" else {
                    throw path.key(key).keyError("a map with $binary must have no other keys")
                }
                guard key != "_placeholder" else {
                    throw path.error(
                        "_placeholder stands for an attachment on the wire; write {\"$binary\": \"<base64>\"}")
                }
                let value = try value(member.value, at: path.key(key), templates: &templates)
                values.append(RuleValue.Member(key: Array(member.key.escaped.utf8), value: value))
            }
            return values.allSatisfy(\.value.isConstant) ? .constant(json.encoded) : .map(values)
        }
    }

    private static func binary(_ json: JSONValue, at path: RulePath) throws(RuleError) -> RuleValue {
        guard let text = json.string, let bytes = Base64.decode(text) else {
            throw path.error("expected base64 with padding")
        }
        return .binary(bytes)
    }

    // MARK: Templates

    /// `{{{{` stands for `{{` as it is.
    private static func string(
        _ string: JSONString, at path: RulePath, templates: inout Int
    ) throws(RuleError) -> RuleValue {
        let text = string.value
        guard text.contains("{{") else { return .constant(JSONValue.string(string).encoded) }
        var pieces: [RuleValue.TextPiece] = []
        var literal = ""
        func endLiteral() {
            if !literal.isEmpty { pieces.append(.literal(Array(JSONString(literal).escaped.utf8))) }
            literal = ""
        }
        var rest = text[...]
        while let open = rest.firstRange(of: "{{") {
            literal += rest[..<open.lowerBound]
            rest = rest[open.upperBound...]
            if rest.hasPrefix("{{") {
                literal += "{{"
                rest = rest.dropFirst(2)
                continue
            }
            guard let close = rest.firstRange(of: "}}") else {
                throw path.error("a template is not closed; expected }}, or {{{{ for {{ as it is")
            }
            endLiteral()
            templates += 1
            guard templates <= templateLimit else { throw path.error("more than \(templateLimit) templates") }
            pieces.append(.template(try template(rest[..<close.lowerBound], at: path)))
            rest = rest[close.upperBound...]
        }
        literal += rest
        endLiteral()
        if pieces.count == 1, case .template(let template) = pieces[0] { return .template(template) }
        return .text(pieces)
    }

    private static func template(_ text: Substring, at path: RulePath) throws(RuleError) -> Template {
        let text = text.drop { $0 == " " }
        let trimmed = String(text.reversed().drop { $0 == " " }.reversed())
        do { return try Template(parsing: trimmed) } catch {
            throw path.error("template {{\(trimmed)}}: \(error.message)")
        }
    }
}

extension RuleValue {
    fileprivate var isConstant: Bool { if case .constant = self { true } else { false } }
}
