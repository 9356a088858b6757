/// A value that a rule puts into an event: JSON with templates and binary values in it.
indirect enum RuleValue: Hashable, Sendable {
    /// One JSON text without either.
    case constant([UInt8])
    case binary([UInt8])
    /// A template that is the whole of a string: the value keeps its type.
    case template(Template)
    /// A string with templates in it.
    case text([TextPiece])
    case list([RuleValue])
    case map([Member])

    struct Member: Hashable, Sendable {
        /// As it stands between the quotes, escapes and all.
        let key: [UInt8]
        let value: RuleValue
    }

    enum TextPiece: Hashable, Sendable {
        /// As it stands between the quotes, escapes and all.
        case literal([UInt8])
        case template(Template)
    }

    /// Whether it can be nothing but a string.
    var isString: Bool {
        switch self {
        case .constant(let json): json.first == UInt8(ascii: "\"")
        case .text: true
        case .binary, .template, .list, .map: false
        }
    }

    var isBinary: Bool {
        switch self {
        case .binary: true
        case .list(let elements): elements.contains(where: \.isBinary)
        case .map(let members): members.contains { $0.value.isBinary }
        case .constant, .template, .text: false
        }
    }
}
