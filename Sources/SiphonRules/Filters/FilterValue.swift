package import LosslessJSON

/// One value behind the colon of a path.
package enum FilterValue: Hashable, Sendable {
    /// Any value at all.
    case exists
    /// `null`, `true` or `false`: that, or a string of the same text.
    case literal(JSONIndex.Kind)
    /// An equal number, or a string of the same text.
    case number(DecimalNumber, text: String)
    /// A string.
    case text(TextPattern)
    /// A string, or what is written without quotes in JSON.
    case glob(TextPattern)
    /// A number.
    case comparison(Comparison<DecimalNumber>)
    /// As `glob`.
    case expression(RegularExpression)

    /// What stands for a value that is not a text, where it is neither quoted nor escaped; nil for text and globs.
    init?(plain text: String) {
        switch text {
        case "exists": self = .exists
        case "null": self = .literal(.null)
        case "false": self = .literal(.false)
        case "true": self = .literal(.true)
        default:
            guard let number = DecimalNumber(text) else { return nil }
            self = .number(number, text: text)
        }
    }

    /// - Parameter text: what a string means, or how anything else is written.
    func matches(_ kind: JSONIndex.Kind, _ text: UnsafeRawBufferPointer, _ reading: inout EventReading) -> Bool {
        switch self {
        case .exists: true
        case .literal(let literal): kind == literal || kind == .string && text.elementsEqual(literal.word.utf8)
        case .number(let number, let word):
            kind == .number && number.order(of: text) == 0 || kind == .string && text.elementsEqual(word.utf8)
        case .text(let pattern): kind == .string && pattern.matches(text)
        case .glob(let pattern): !kind.holdsValues && pattern.matches(text)
        case .comparison(let comparison): kind == .number && comparison.holds { $0.order(of: text) }
        case .expression(let expression): !kind.holdsValues && reading.matches(expression, text)
        }
    }

    var hasExpression: Bool {
        if case .expression = self { true } else { false }
    }
}

extension JSONIndex.Kind {
    var holdsValues: Bool { self == .list || self == .map }

    /// How a literal is written.
    var word: String {
        switch self {
        case .null: "null"
        case .true: "true"
        case .false: "false"
        case .number, .string, .list, .map: ""
        }
    }
}
