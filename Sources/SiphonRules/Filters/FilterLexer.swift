/// Cuts the text of a filter into tokens, one at a time. What follows `key:` is read by `value()`, since a colon means
/// nothing special there.
struct FilterLexer {
    struct Word {
        /// Where it starts, in code points from the start of the filter.
        let start: Int
        var pieces: [TextPattern.Piece] = []
        var isQuoted = false
        var hasEscapes = false

        /// What was typed, without quotes and escapes.
        var text: String {
            var text = String.UnicodeScalarView()
            for piece in pieces {
                switch piece {
                case .scalar(let scalar): text.append(scalar)
                case .one: text.append("?")
                case .any: text.append("*")
                }
            }
            return String(text)
        }

        /// The same without wildcards, as bare words are read.
        var literal: [TextPattern.Piece] { text.unicodeScalars.map { .scalar($0) } }

        /// Whether quotes or escapes keep it from being `and`, `or` or `not`.
        var isPlain: Bool { !isQuoted && !hasEscapes }
    }

    enum Token {
        case open
        case close
        case minus
        case bar
        /// `key:`; its value follows at once.
        case key(String)
        case word(Word)
        case end
    }

    private let scalars: [Unicode.Scalar]
    private(set) var index = 0

    init(_ text: String) { scalars = Array(text.unicodeScalars) }

    /// The column, in characters, of what comes next.
    var column: Int { column(at: index) }

    /// The column of the code point at `index`. Counts from the start: for errors alone.
    func column(at index: Int) -> Int {
        String(String.UnicodeScalarView(scalars[..<min(index, scalars.count)])).count + 1
    }

    private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool { scalar.properties.isWhitespace }

    private static func endsWord(_ scalar: Unicode.Scalar) -> Bool {
        isSpace(scalar) || scalar == "(" || scalar == ")" || scalar == "|"
    }

    mutating func skipSpace() {
        while let scalar = peek, Self.isSpace(scalar) { index += 1 }
    }

    /// Whether a value or a term may end here: at a space, a closing parenthesis or the end.
    var isAtEndOfTerm: Bool { peek.map { Self.isSpace($0) || $0 == ")" } ?? true }

    /// Passes over `|` where it is next.
    mutating func skipBar() -> Bool {
        guard peek == "|" else { return false }
        index += 1
        return true
    }

    /// The next token; space before it is passed over.
    mutating func next() throws(FilterError) -> Token {
        skipSpace()
        switch peek {
        case nil: return .end
        case "(":
            index += 1
            return .open
        case ")":
            index += 1
            return .close
        case "|":
            index += 1
            return .bar
        case "-":
            index += 1
            return .minus
        default: return try word(endsAtColon: true)
        }
    }

    /// One value, up to a space, `|`, a parenthesis or the end. There is at least one character or a pair of quotes.
    mutating func value(of key: String) throws(FilterError) -> Word {
        let token = try word(endsAtColon: false)
        guard case .word(let word) = token, word.isQuoted || !word.pieces.isEmpty else {
            throw FilterError(
                column: column, message: "\(key): has no value", expected: "a value right behind the colon or the |")
        }
        return word
    }

    private mutating func word(endsAtColon: Bool) throws(FilterError) -> Token {
        let start = index
        var word = Word(start: start)
        if peek == "\"" {
            word.isQuoted = true
            word.pieces = try quoted()
            return .word(word)
        }
        while let scalar = peek, !Self.endsWord(scalar) {
            index += 1
            switch scalar {
            case "\\":
                guard let escaped = peek else {
                    throw FilterError(
                        column: column, message: "nothing follows the \\", expected: "the character to take literally")
                }
                index += 1
                word.hasEscapes = true
                word.pieces.append(.scalar(escaped))
            case "\"":
                if let fault = Self.unbuiltPath(word.text, column: column(at: start)) { throw fault }
                throw FilterError(
                    column: column(at: index - 1), message: "a quote in the middle of a word",
                    expected: "quotes around the whole value, or \\\"")
            case ":" where endsAtColon && !word.hasEscapes:
                return .key(String(String.UnicodeScalarView(scalars[start..<index - 1])))
            case "*": word.pieces.append(.any)
            case "?": word.pieces.append(.one)
            default: word.pieces.append(.scalar(scalar))
            }
        }
        return .word(word)
    }

    /// `"…"`, with `\` before a quote or a backslash that is meant.
    private mutating func quoted() throws(FilterError) -> [TextPattern.Piece] {
        let start = index
        index += 1
        var pieces: [TextPattern.Piece] = []
        while let scalar = peek {
            index += 1
            if scalar == "\"" { return pieces }
            guard scalar == "\\" else {
                pieces.append(.scalar(scalar))
                continue
            }
            guard let escaped = peek else { break }
            index += 1
            pieces.append(.scalar(escaped))
        }
        throw FilterError(
            column: column, message: "the quote of column \(column(at: start)) is not closed", expected: "\"")
    }

    /// The error for a key that will be a path.
    static func unbuiltPath(_ key: String, column: Int) -> FilterError? {
        let isPath =
            key == "args" || key == "name" || key == "ack" || key.hasPrefix("args[") || key.hasPrefix("args.")
            || key.hasPrefix("ack.") || key.hasPrefix("name.")
        guard isPath else { return nil }
        return FilterError(
            column: column, message: "a path to a value (\(key)) is not built yet", expected: FilterParser.expectedKeys)
    }
}
