import EngineIOCore
import SiphonCore

/// Reads a filter: `or` of `and` (a space) of `not`, which binds tightest.
struct FilterParser {
    static let keys = ["event", "ns", "conn", "from", "kind", "is", "transport", "eio", "parser"]
    private static let unbuiltKeys = ["size", "latency", "time", "mark"]
    static let expectedKeys =
        "one of \(keys.joined(separator: ", ")); quotes around the text search for it as it stands"
    private static let expectedTerm = "a term such as event:chat, a word, not or ("

    private var lexer: FilterLexer
    private var token = FilterLexer.Token.end
    /// Where `token` starts, in code points.
    private var start = 0
    private var depth = 0

    static func parse(_ text: String) throws(FilterError) -> FilterNode {
        guard text.utf8.count <= Filter.lengthLimitBytes else {
            let kept = String(decoding: text.utf8.prefix(Filter.lengthLimitBytes), as: UTF8.self)
            throw FilterError(
                column: kept.count + 1, message: "the filter is too long",
                expected: "at most \(Filter.lengthLimitBytes) bytes")
        }
        var parser = FilterParser(lexer: FilterLexer(text))
        try parser.advance()
        if case .end = parser.token { return .everything }
        let node = try parser.alternatives()
        guard case .end = parser.token else {
            throw parser.fault("this ) closes nothing", expected: "a term, or the end of the filter")
        }
        return node
    }

    private init(lexer: FilterLexer) { self.lexer = lexer }

    // MARK: Grammar

    private mutating func alternatives() throws(FilterError) -> FilterNode {
        var parts = [try conjunction()]
        while isKeyword("or") {
            try advance()
            parts.append(try conjunction())
        }
        return .joining(any: parts)
    }

    private mutating func conjunction() throws(FilterError) -> FilterNode {
        var parts = [try negation()]
        while true {
            if isKeyword("and") {
                try advance()
            } else if isAtEnd || isKeyword("or") {
                return .joining(all: parts)
            }
            parts.append(try negation())
        }
    }

    private mutating func negation() throws(FilterError) -> FilterNode {
        switch token {
        case .minus:
            try advanceBehindMinus()
            return .not(try nested { parser throws(FilterError) in try parser.negation() })
        case .word where isKeyword("not"):
            try advance()
            return .not(try nested { parser throws(FilterError) in try parser.negation() })
        case .open:
            let open = start
            try advance()
            let inner = try nested { parser throws(FilterError) in try parser.alternatives() }
            guard case .close = token else {
                throw fault("the ( of column \(lexer.column(at: open)) is not closed", expected: "a term, or )")
            }
            try advance()
            return inner
        default: return try term()
        }
    }

    private mutating func nested(
        _ body: (inout FilterParser) throws(FilterError) -> FilterNode
    ) throws(FilterError) -> FilterNode {
        guard depth < Filter.depthLimit else {
            throw fault("too deeply nested", expected: "at most \(Filter.depthLimit) levels of ( and not")
        }
        depth += 1
        let node = try body(&self)
        depth -= 1
        return node
    }

    private mutating func term() throws(FilterError) -> FilterNode {
        switch token {
        case .word(let word):
            try refuseOperator(word)
            return .term(try text(startingWith: word))
        case .key(let key):
            let term = try keyed(key)
            try endTerm()
            return .term(term)
        case .close: throw fault("nothing stands before this )", expected: Self.expectedTerm)
        case .bar:
            throw fault("there is a space before this |", expected: "the values side by side, as in kind:event|ack")
        case .end: throw fault("the filter ends too early", expected: Self.expectedTerm)
        case .minus, .open: throw fault("nothing stands here", expected: Self.expectedTerm)
        }
    }

    /// `AND` and the like: an operator to some, a word to others.
    private func refuseOperator(_ word: FilterLexer.Word) throws(FilterError) {
        guard word.isPlain else { return }
        let text = word.text
        guard !["and", "or", "not"].contains(text) else {
            throw fault("nothing stands before \(text)", expected: Self.expectedTerm)
        }
        guard !["AND", "OR", "NOT"].contains(text) else {
            throw fault("\(text) in capitals", expected: "\(text.lowercased()), or \"\(text)\" to search for the word")
        }
    }

    // MARK: Terms

    private mutating func text(startingWith first: FilterLexer.Word) throws(FilterError) -> FilterTerm {
        var words = [SearchWord(first.text)]
        while lexer.skipBar() { words.append(SearchWord(try lexer.value(of: "the word").text)) }
        try endTerm()
        return .text(words)
    }

    private mutating func keyed(_ key: String) throws(FilterError) -> FilterTerm {
        guard Self.keys.contains(key) else { throw unknownKey(key) }
        var words = [try lexer.value(of: key)]
        while lexer.skipBar() { words.append(try lexer.value(of: key)) }
        switch key {
        case "event": return .event(try each(words, eventPattern))
        case "ns": return .namespace(try each(words, namespacePattern))
        case "conn": return .connection(try each(words, connection))
        case "from": return .from(try choices(words, of: key, among: Side.allCases, \.word))
        case "kind": return .kind(try choices(words, of: key, among: EventKind.allCases, \.word))
        case "is": return .state(try choices(words, of: key, among: FilterState.all, \.word))
        case "transport":
            return .transport(try choices(words, of: key, among: [EngineTransport.polling, .webSocket], \.rawValue))
        case "eio": return .engineVersion(try choices(words, of: key, among: [3, 4], \.description))
        default: return .parser(try choices(words, of: key, among: PacketParserName.allCases, \.rawValue))
        }
    }

    private func each<Value>(
        _ words: [FilterLexer.Word], _ read: (FilterLexer.Word) throws(FilterError) -> Value
    ) throws(FilterError) -> [Value] {
        var values: [Value] = []
        for word in words { values.append(try read(word)) }
        return values
    }

    private func eventPattern(_ word: FilterLexer.Word) throws(FilterError) -> TextPattern {
        guard !Self.isRegularExpression(word) else {
            throw fault(
                at: word.start, "a regular expression is not built yet",
                expected: "a name or a glob; quotes make the slashes part of the name")
        }
        return TextPattern(word.pieces)
    }

    /// `/…/` with flags behind it.
    private static func isRegularExpression(_ word: FilterLexer.Word) -> Bool {
        guard word.isPlain, word.pieces.first == .scalar("/") else { return false }
        guard let last = word.pieces.dropFirst().lastIndex(of: .scalar("/")) else { return false }
        return word.pieces[(last + 1)...].allSatisfy { piece in
            if case .scalar(let scalar) = piece { scalar.properties.isAlphabetic } else { false }
        }
    }

    private func namespacePattern(_ word: FilterLexer.Word) throws(FilterError) -> TextPattern {
        switch word.pieces.first {
        case .scalar("/"), .any, .one: return TextPattern(word.pieces)
        default:
            throw fault(
                at: word.start, "no namespace is called \(word.text)",
                expected: "a name that starts with /, such as /admin")
        }
    }

    private func connection(_ word: FilterLexer.Word) throws(FilterError) -> ConnectionID {
        guard let id = ConnectionID(word.text) else {
            throw fault(
                at: word.start, "\(word.text) is no connection", expected: "an id such as c12")
        }
        return id
    }

    private func choices<Value>(
        _ words: [FilterLexer.Word], of key: String, among all: [Value], _ spelling: (Value) -> String
    ) throws(FilterError) -> [Value] {
        try each(words) { word throws(FilterError) in
            let text = word.text
            let spellings = all.map(spelling)
            guard let value = zip(spellings, all).first(where: { $0.0 == text })?.1 else {
                let list = spellings.dropLast().joined(separator: ", ") + " or " + (spellings.last ?? "")
                throw fault(
                    at: word.start, "\(key): knows no \(text)\(Suggestion.text(for: text, among: spellings))",
                    expected: list)
            }
            return value
        }
    }

    private func unknownKey(_ key: String) -> FilterError {
        if let fault = FilterLexer.unbuiltPath(key, column: lexer.column(at: start)) { return fault }
        if Self.unbuiltKeys.contains(key) {
            return fault("\(key): is not built yet", expected: Self.expectedKeys)
        }
        let suggestion = Suggestion.text(for: key, among: Self.keys)
        return fault("unknown key \(key)\(suggestion)", expected: Self.expectedKeys)
    }

    // MARK: Tokens

    private var isAtEnd: Bool {
        switch token {
        case .end, .close: true
        default: false
        }
    }

    private func isKeyword(_ keyword: String) -> Bool {
        guard case .word(let word) = token, word.isPlain else { return false }
        return word.text == keyword
    }

    private mutating func advance() throws(FilterError) {
        lexer.skipSpace()
        start = lexer.index
        token = try lexer.next()
    }

    private mutating func advanceBehindMinus() throws(FilterError) {
        let next = start + 1
        try advance()
        guard start == next, !isAtEnd else {
            throw fault(at: next, "nothing stands right behind the -", expected: "the term that must not match")
        }
    }

    /// A term ends with a space, a parenthesis that closes, or the filter.
    private mutating func endTerm() throws(FilterError) {
        guard lexer.isAtEndOfTerm else {
            throw fault(at: lexer.index, "a term ends here", expected: "a space, | or )")
        }
        try advance()
    }

    private func fault(_ message: String, expected: String) -> FilterError {
        fault(at: start, message, expected: expected)
    }

    private func fault(at start: Int, _ message: String, expected: String) -> FilterError {
        FilterError(column: lexer.column(at: start), message: message, expected: expected)
    }
}
