import EngineIOCore
import SiphonCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Reads a filter: `or` of `and` (a space) of `not`, which binds tightest.
struct FilterParser {
    static let keys = [
        "event", "ns", "conn", "from", "kind", "is", "transport", "eio", "parser", "size", "latency", "time", "mark",
    ]
    private static let roots = ["args", "ack", "name"]
    private static let expectedKeys =
        "one of \(keys.joined(separator: ", ")), or \(FilterPath.expected); quotes around the text search for it"
    private static let expectedTerm = "a term such as event:chat, a word, not or ("

    private var lexer: FilterLexer
    private var token = FilterLexer.Token.end
    /// Where `token` starts, in code points.
    private var start = 0
    private var depth = 0
    private var termCount = 0
    private var expressionCount = 0
    let localTime: (tm) -> Int?

    static func parse(_ text: String, localTime: @escaping (tm) -> Int?) throws(FilterError) -> FilterNode {
        guard text.utf8.count <= Filter.lengthLimitBytes else {
            let kept = String(decoding: text.utf8.prefix(Filter.lengthLimitBytes), as: UTF8.self)
            throw FilterError(
                column: kept.count + 1, message: "the filter is too long",
                expected: "at most \(Filter.lengthLimitBytes) bytes")
        }
        var parser = FilterParser(lexer: FilterLexer(text), localTime: localTime)
        try parser.advance()
        if case .end = parser.token { return .everything }
        let node = try parser.alternatives()
        guard case .end = parser.token else {
            throw parser.fault("this ) closes nothing", expected: "a term, or the end of the filter")
        }
        return node
    }

    private init(lexer: FilterLexer, localTime: @escaping (tm) -> Int?) {
        self.lexer = lexer
        self.localTime = localTime
    }

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
        termCount += 1
        guard termCount <= Filter.termLimit else {
            throw fault(
                "too many terms", expected: "at most \(Filter.termLimit); values side by side count as one: a|b")
        }
        switch token {
        case .word(let word):
            try refuseOperator(word)
            return .term(try text(startingWith: word))
        case .key(let key):
            let term = try keyed(key)
            try endTerm()
            return .term(term)
        case .path(let path):
            var fieldValues: [FilterValue] = []
            for value in try values(of: path.text) { fieldValues.append(try fieldValue(value)) }
            try endTerm()
            return .term(.value(path, fieldValues))
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
        while lexer.skipBar() { words.append(SearchWord(try lexer.word(of: "the word").text)) }
        try endTerm()
        return .text(words)
    }

    private mutating func keyed(_ key: String) throws(FilterError) -> FilterTerm {
        guard Self.keys.contains(key) else { throw Self.unknownKey(key, column: lexer.column(at: start)) }
        switch key {
        case "event": return .event(try conditions(of: key))
        case "mark": return .mark(try conditions(of: key))
        default: break
        }
        var words = [try lexer.word(of: key)]
        while lexer.skipBar() { words.append(try lexer.word(of: key)) }
        switch key {
        case "ns": return .namespace(try each(words, namespacePattern))
        case "conn": return .connection(try each(words, connection))
        case "from": return .from(try choices(words, of: key, among: Side.allCases, \.word))
        case "kind": return .kind(try choices(words, of: key, among: EventKind.allCases, \.word))
        case "is": return .state(try choices(words, of: key, among: FilterState.all, \.word))
        case "transport":
            return .transport(try choices(words, of: key, among: [EngineTransport.polling, .webSocket], \.rawValue))
        case "eio": return .engineVersion(try choices(words, of: key, among: [3, 4], \.description))
        case "size": return .size(try each(words, size))
        case "latency": return .latency(try each(words, latency))
        case "time": return .time(try each(words, time))
        default: return .parser(try choices(words, of: key, among: PacketParserName.allCases, \.rawValue))
        }
    }

    private mutating func values(of key: String) throws(FilterError) -> [FilterLexer.Value] {
        var values: [FilterLexer.Value] = []
        repeat {
            let value = try lexer.value(of: key)
            if case .expression(_, let start) = value {
                expressionCount += 1
                guard expressionCount <= RegularExpression.Limits.expressionsPerFilter else {
                    throw fault(
                        at: start, "too many regular expressions",
                        expected: "at most \(RegularExpression.Limits.expressionsPerFilter)")
                }
            }
            values.append(value)
        } while lexer.skipBar()
        return values
    }

    private mutating func conditions(of key: String) throws(FilterError) -> [TextCondition] {
        try values(of: key).map { value in
            switch value {
            case .word(let word): .pattern(TextPattern(word.pieces))
            case .expression(let expression, _): .expression(expression)
            }
        }
    }

    private func each<Value>(
        _ words: [FilterLexer.Word], _ read: (FilterLexer.Word) throws(FilterError) -> Value
    ) throws(FilterError) -> [Value] {
        var values: [Value] = []
        for word in words { values.append(try read(word)) }
        return values
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

    static func unknownKey(_ key: String, column: Int) -> FilterError {
        let root = key.prefix { $0 != "[" && $0 != "." }
        var suggestion = Suggestion.text(for: key, among: keys)
        if suggestion.isEmpty, root.endIndex < key.endIndex,
            let meant = Suggestion.nearest(to: String(root), among: roots)
        {
            suggestion = ", did you mean \(meant)\(key[root.endIndex...])?"
        }
        return FilterError(column: column, message: "unknown key \(key)\(suggestion)", expected: expectedKeys)
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

    func fault(_ message: String, expected: String) -> FilterError {
        fault(at: start, message, expected: expected)
    }

    func fault(at start: Int, _ message: String, expected: String) -> FilterError {
        FilterError(column: lexer.column(at: start), message: message, expected: expected)
    }
}
