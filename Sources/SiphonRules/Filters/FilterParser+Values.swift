/// How numbers, durations, times and the values behind paths are read.
extension FilterParser {
    func fieldValue(_ value: FilterLexer.Value) throws(FilterError) -> FilterValue {
        guard case .word(let word) = value else {
            guard case .expression(let expression, _) = value else { preconditionFailure("there are two cases") }
            return .expression(expression)
        }
        let pattern = TextPattern(word.pieces)
        guard word.isPlain else { return pattern.isGlob ? .glob(pattern) : .text(pattern) }
        let text = word.text
        if let value = FilterValue(plain: text) { return value }
        if Self.startsComparison(text) {
            let comparison = try comparison(
                word, expected: "a number such as 10, 1.5 or 10k; quotes make it a text", read: Self.number)
            if let comparison { return .comparison(comparison) }
        }
        return pattern.isGlob ? .glob(pattern) : .text(pattern)
    }

    /// Whether an unquoted text can only be a comparison: `>…`, `<…`, or a number and `..`.
    static func startsComparison(_ text: String) -> Bool {
        if text.hasPrefix(">") || text.hasPrefix("<") { return true }
        guard let dots = text.firstRange(of: "..") else { return false }
        return number(text[..<dots.lowerBound]) != nil
    }

    func size(_ word: FilterLexer.Word) throws(FilterError) -> Comparison<Int64> {
        let expected = "a number of bytes such as 500, >10k or 1Ki..1Mi"
        let size = try comparison(word, expected: expected) { Self.number($0)?.integer }
        guard let size else { return .exactly(try bound(word, 0, expected: expected) { Self.number($0)?.integer }) }
        return size
    }

    func latency(_ word: FilterLexer.Word) throws(FilterError) -> Comparison<FilterDuration> {
        let latency = try comparison(word, expected: FilterDuration.expected) { FilterDuration($0) }
        guard let latency else {
            throw fault(
                at: word.start, "latency: wants a comparison", expected: "one such as >200ms, <=1.5s or 100ms..1s")
        }
        return latency
    }

    func time(_ word: FilterLexer.Word) throws(FilterError) -> Comparison<FilterTime> {
        let time = try comparison(word, expected: FilterTime.expected) { FilterTime($0, localTime: localTime) }
        guard let time else {
            throw fault(
                at: word.start, "time: wants a comparison",
                expected: "one such as >2026-01-31T10:00, >-5m or 2026-01-30..2026-01-31")
        }
        return time
    }

    // MARK: Comparisons

    /// Reads `>a`, `>=a`, `<a`, `<=a` and `a..b`; nil for anything else.
    private func comparison<Bound: Comparable>(
        _ word: FilterLexer.Word, expected: String, read: (Substring) -> Bound?
    ) throws(FilterError) -> Comparison<Bound>? {
        let text = word.text
        if text.hasPrefix(">=") { return .atLeast(try bound(word, 2, expected: expected, read: read)) }
        if text.hasPrefix("<=") { return .atMost(try bound(word, 2, expected: expected, read: read)) }
        if text.hasPrefix(">") { return .above(try bound(word, 1, expected: expected, read: read)) }
        if text.hasPrefix("<") { return .below(try bound(word, 1, expected: expected, read: read)) }
        guard let dots = text.firstRange(of: "..") else { return nil }
        let low = try bound(word, 0, upTo: dots.lowerBound, expected: expected, read: read)
        let place = text[..<dots.upperBound].unicodeScalars.count
        let high = try bound(word, place, expected: expected, read: read)
        guard !(high < low) else {
            throw fault(at: word.start, "\(text) is empty", expected: "the smaller one first")
        }
        return .within(low, high)
    }

    private func bound<Bound>(
        _ word: FilterLexer.Word, _ place: Int, upTo end: String.Index? = nil, expected: String,
        read: (Substring) -> Bound?
    ) throws(FilterError) -> Bound {
        let text = word.text
        let start = text.unicodeScalars.index(text.startIndex, offsetBy: place)
        let part = text[start..<(end ?? text.endIndex)]
        guard word.isPlain, let bound = read(part) else {
            throw fault(
                at: word.start + (word.isPlain ? place : 0),
                part.isEmpty ? "a bound is missing" : "cannot read \(part)",
                expected: expected)
        }
        return bound
    }

    // MARK: Numbers

    private static let powersOfTen = ["k": 3, "M": 6, "G": 9]
    private static let powersOfTwo: [String: Int64] = ["Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30]

    /// A number as JSON writes it, with `k M G` for thousands or `Ki Mi Gi` for 1024 behind it.
    private static func number(_ text: Substring) -> DecimalNumber? {
        for (suffix, factor) in powersOfTwo where text.hasSuffix(suffix) {
            return DecimalNumber(text.dropLast(suffix.count))?.multiplied(by: factor)
        }
        for (suffix, power) in powersOfTen where text.hasSuffix(suffix) {
            return DecimalNumber(text.dropLast(suffix.count))?.scaled(byPowerOfTen: power)
        }
        return DecimalNumber(text)
    }
}
