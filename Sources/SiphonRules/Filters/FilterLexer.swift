import LosslessJSON

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
        /// As `key`, for a path to values.
        case path(FilterPath)
        case word(Word)
        case end
    }

    enum Value {
        case word(Word)
        /// `start` is where its first slash stands.
        case expression(RegularExpression, start: Int)
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
        default:
            if let path = try path() { return .path(path) }
            return try word(endsAtColon: true)
        }
    }

    /// One value, up to a space, `|`, a parenthesis or the end. There is at least one character or a pair of quotes.
    mutating func word(of key: String) throws(FilterError) -> Word {
        let token = try word(endsAtColon: false)
        guard case .word(let word) = token, word.isQuoted || !word.pieces.isEmpty else {
            throw FilterError(
                column: column, message: "\(key): has no value", expected: "a value right behind the colon or the |")
        }
        return word
    }

    /// As `word(of:)`, or a regular expression between slashes.
    mutating func value(of key: String) throws(FilterError) -> Value {
        let start = index
        if let expression = try expression() { return .expression(expression, start: start) }
        return .word(try word(of: key))
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
                if endsAtColon, index > start + 1, scalars[index - 2] == "[" {
                    throw FilterParser.unknownKey(String(word.text.dropLast()), column: column(at: start))
                }
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
        throw unclosedQuote(at: start)
    }

    private func unclosedQuote(at start: Int) -> FilterError {
        FilterError(
            column: column(at: scalars.count), message: "the quote of column \(column(at: start)) is not closed",
            expected: "\"")
    }

    // MARK: Paths

    /// `args[0].a["b.c"]:` and the like; nil, and nothing is read, where the next word is no path.
    private mutating func path() throws(FilterError) -> FilterPath? {
        guard let end = try endOfPath() else { return nil }
        let text = String(String.UnicodeScalarView(scalars[index..<end]))
        let column = column
        do throws(JSONPathError) {
            let path = try FilterPath(parsing: text)
            index = end + 1
            return path
        } catch {
            let column = column + error.column - 1
            let expected = "expected "
            guard error.message.hasPrefix(expected) else {
                throw FilterError(column: column, message: error.message, expected: FilterPath.expected)
            }
            throw FilterError(
                column: column, message: "\(text) is no path",
                expected: String(error.message.dropFirst(expected.count)))
        }
    }

    /// Where the colon of a path stands. A word such as `args.x` without a colon is only a word.
    private func endOfPath() throws(FilterError) -> Int? {
        let root = scalars[index...].prefix { $0.properties.isAlphabetic }
        guard ["args", "ack", "name"].contains(String(String.UnicodeScalarView(root))) else { return nil }
        var place = root.endIndex
        guard place < scalars.count, ["[", ".", ":"].contains(scalars[place]) else { return nil }
        while place < scalars.count, !Self.endsWord(scalars[place]) {
            if scalars[place] == ":" { return place }
            if scalars[place] == "\"", scalars[place - 1] == "[" { place = try endOfQuote(from: place) }
            place += 1
        }
        guard scalars[root.endIndex] == "[" else { return nil }
        let text = String(String.UnicodeScalarView(scalars[index..<place]))
        throw FilterError(
            column: column(at: place), message: "the path \(text) has no value",
            expected: "a colon and a value, such as \(text):exists, or quotes around what is to be searched")
    }

    /// Where the quote stands that closes the one at `start`.
    private func endOfQuote(from start: Int) throws(FilterError) -> Int {
        var place = start + 1
        while place < scalars.count, scalars[place] != "\"" { place += scalars[place] == "\\" ? 2 : 1 }
        guard place < scalars.count else {
            throw unclosedQuote(at: start)
        }
        return place
    }

    // MARK: Regular expressions

    /// `/…/flags`; nil, and nothing is read, where no slash comes first or no other follows.
    private mutating func expression() throws(FilterError) -> RegularExpression? {
        guard peek == "/", let end = endOfExpression() else { return nil }
        let start = index + 1
        let source = String(String.UnicodeScalarView(scalars[start..<end]))
        let flags = scalars[(end + 1)...].prefix { !Self.endsWord($0) }
        if let place = flags.firstIndex(where: { !RegularExpression.allFlags.unicodeScalars.contains($0) }) {
            throw FilterError(
                column: column(at: place),
                message: "behind the regular expression /\(source)/ stands \(scalars[place]), which is no flag",
                expected: "i, m, s, x, or a space; in quotes the slashes are part of the text")
        }
        guard source.utf8.count <= RegularExpression.Limits.lengthBytes else {
            throw FilterError(
                column: column(at: start), message: "the regular expression is too long",
                expected: "at most \(RegularExpression.Limits.lengthBytes) bytes")
        }
        guard !source.isEmpty else {
            throw FilterError(
                column: column(at: start), message: "the regular expression is empty",
                expected: "one between the slashes; in quotes the slashes are part of the text")
        }
        do throws(RegularExpression.Invalid) {
            let expression = try RegularExpression(source, flags: String(String.UnicodeScalarView(flags)))
            index = flags.endIndex
            return expression
        } catch {
            let before = String(decoding: source.utf8.prefix(error.offset), as: UTF8.self).unicodeScalars.count
            throw FilterError(
                column: column(at: start + before), message: "in the regular expression: \(error.message)",
                expected: error.expected)
        }
    }

    /// Where the slash stands that ends the expression: the first one that is neither escaped nor in brackets. A slash
    /// that begins a later value, as in `event:/a ns:/b`, ends nothing.
    private func endOfExpression() -> Int? {
        var place = index + 1
        var firstSlash: Int?
        var classStart: Int?
        while place < scalars.count {
            switch scalars[place] {
            case "\\": place += 1
            case "/":
                if let space = scalars[index..<place].firstIndex(where: Self.isSpace), space < place,
                    scalars[place - 1] == ":"
                {
                    return firstSlash
                }
                guard classStart != nil else { return place }
                firstSlash = firstSlash ?? place
            case "[" where classStart == nil:
                if place + 1 < scalars.count, scalars[place + 1] == "^" { place += 1 }
                classStart = place
            // The first of a class is a bracket that is meant.
            case "]" where classStart.map { $0 + 1 < place } ?? false: classStart = nil
            default: break
            }
            place += 1
        }
        return firstSlash
    }
}
