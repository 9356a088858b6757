import EngineIOCore
import SiphonCore

/// Writes a tree as the text of a filter, always the same text for equal trees.
enum FilterPrinter {
    static func text(_ node: FilterNode) -> String {
        switch node {
        case .everything: ""
        case .term(let term): text(term)
        case .not(let inner): "not \(text(inner, within: .not))"
        case .all(let parts): parts.map { text($0, within: .all) }.joined(separator: " ")
        case .any(let parts): parts.map { text($0, within: .any) }.joined(separator: " or ")
        }
    }

    private enum Binding {
        case any
        case all
        case not
    }

    private static func text(_ node: FilterNode, within binding: Binding) -> String {
        switch (node, binding) {
        case (.any, .all), (.any, .not), (.all, .not): "(\(text(node)))"
        default: text(node)
        }
    }

    private static func text(_ term: FilterTerm) -> String {
        switch term {
        case .event(let conditions): "event:" + values(conditions, text)
        case .namespace(let patterns): "ns:" + values(patterns) { text($0) { _ in false } }
        case .connection(let ids): "conn:" + values(ids, \.description)
        case .from(let sides): "from:" + values(sides, \.word)
        case .kind(let kinds): "kind:" + values(kinds, \.word)
        case .state(let states): "is:" + values(states, \.word)
        case .transport(let transports): "transport:" + values(transports, \.rawValue)
        case .engineVersion(let versions): "eio:" + values(versions, \.description)
        case .parser(let parsers): "parser:" + values(parsers, \.rawValue)
        case .size(let sizes): "size:" + values(sizes) { $0.text(\.description) }
        case .latency(let latencies): "latency:" + values(latencies) { $0.text(\.text) }
        case .time(let times): "time:" + values(times) { $0.text(\.text) }
        case .mark(let conditions): "mark:" + values(conditions, text)
        case .value(let path, let values): path.text + ":" + self.values(values, text)
        case .text(let words): values(words) { word($0.text) }
        }
    }

    private static func text(_ condition: TextCondition) -> String {
        switch condition {
        case .pattern(let pattern): text(pattern) { $0.hasPrefix("/") }
        case .expression(let expression): expression.text
        }
    }

    private static func text(_ value: FilterValue) -> String {
        switch value {
        case .exists: "exists"
        case .literal(let literal): literal.word
        case .number(_, let text): text
        case .text(let pattern), .glob(let pattern):
            text(pattern) { text in
                text.hasPrefix("/") || FilterValue(plain: text) != nil || FilterParser.startsComparison(text)
            }
        case .comparison(let comparison): comparison.text(\.text)
        case .expression(let expression): expression.text
        }
    }

    private static func values<Value>(_ values: [Value], _ text: (Value) -> String) -> String {
        values.map(text).joined(separator: "|")
    }

    private static func word(_ text: String) -> String {
        let isOperator = ["and", "or", "not"].contains(text.lowercased())
        let hasPlainScalars = !text.isEmpty && text.unicodeScalars.allSatisfy(isPlain)
        return hasPlainScalars && !isOperator && text.unicodeScalars.first != "-" ? text : quoted(text)
    }

    /// - Parameter isSpecial: whether the text, without quotes or escapes, would be read as something else.
    private static func text(_ pattern: TextPattern, isSpecial: (String) -> Bool) -> String {
        guard pattern.isGlob else {
            let text = pattern.pieces.reduce(into: "") { text, piece in
                if case .scalar(let scalar) = piece { text.unicodeScalars.append(scalar) }
            }
            let hasPlainScalars = text.unicodeScalars.allSatisfy { isPlain($0) || $0 == ":" }
            return hasPlainScalars && !text.isEmpty && !isSpecial(text) ? text : quoted(text)
        }
        var text = ""
        var hasEscapes = false
        for piece in pattern.pieces {
            switch piece {
            case .any: text += "*"
            case .one: text += "?"
            case .scalar(let scalar):
                if !isPlain(scalar) && scalar != ":" {
                    text += "\\"
                    hasEscapes = true
                }
                text.unicodeScalars.append(scalar)
            }
        }
        // One escape anywhere keeps it from being a number or a comparison, but one of the first slash alone from being
        // a regular expression.
        return isSpecial(text) && (!hasEscapes || text.hasPrefix("/")) ? "\\" + text : text
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    /// Letters, digits and marks that mean nothing in a filter.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "_", "-", ".", "/", "@", "#", "$", "+", "=", ",", ";", "~", "%", "&", "!": true
        default: scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }
}
