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
        case .event(let patterns): "event:" + values(patterns) { text($0, quotesSlash: true) }
        case .namespace(let patterns): "ns:" + values(patterns) { text($0, quotesSlash: false) }
        case .connection(let ids): "conn:" + values(ids, \.description)
        case .from(let sides): "from:" + values(sides, \.word)
        case .kind(let kinds): "kind:" + values(kinds, \.word)
        case .state(let states): "is:" + values(states, \.word)
        case .transport(let transports): "transport:" + values(transports, \.rawValue)
        case .engineVersion(let versions): "eio:" + values(versions, \.description)
        case .parser(let parsers): "parser:" + values(parsers, \.rawValue)
        case .text(let words): values(words) { word($0.text) }
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

    private static func text(_ pattern: TextPattern, quotesSlash: Bool) -> String {
        guard pattern.isGlob else {
            let text = pattern.pieces.reduce(into: "") { text, piece in
                if case .scalar(let scalar) = piece { text.unicodeScalars.append(scalar) }
            }
            let hasPlainScalars = text.unicodeScalars.allSatisfy { isPlain($0) || $0 == ":" }
            let startsRegularExpression = quotesSlash && text.unicodeScalars.first == "/"
            return hasPlainScalars && !text.isEmpty && !startsRegularExpression ? text : quoted(text)
        }
        var text = ""
        for (offset, piece) in pattern.pieces.enumerated() {
            switch piece {
            case .any: text += "*"
            case .one: text += "?"
            case .scalar(let scalar):
                let startsRegularExpression = quotesSlash && offset == 0 && scalar == "/"
                if !isPlain(scalar) && scalar != ":" || startsRegularExpression { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
        }
        return text
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
