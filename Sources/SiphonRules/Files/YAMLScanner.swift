/// Finds the parts of a YAML text (YAML 1.2, chapters 6 to 9, as libyaml reads it). The text is known to be YAML: what
/// is none is not always noticed here.
struct YAMLScanner {
    typealias Node = YAMLLayout.Node
    typealias Unreadable = YAMLLayout.Unreadable

    private let bytes: [UInt8]
    private var at = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func document() throws(Unreadable) -> Node {
        skipTrivia()
        while byte == UInt8(ascii: "%"), column(of: at) == 0 {
            skipLine()
            skipTrivia()
        }
        if isDocumentMarker { at += 3 }
        guard let root = try node(indent: -1, isValue: false) else { throw Unreadable() }
        skipTrivia()
        guard byte == nil || isDocumentMarker else { throw Unreadable() }
        return root
    }

    // MARK: Blocks

    /// What follows a dash or a colon; nil for nothing.
    ///
    /// - Parameters:
    ///   - indent: the column of the collection around.
    ///   - isValue: behind a colon, where dashes may stand below the key.
    private mutating func node(indent: Int, isValue: Bool) throws(Unreadable) -> Node? {
        depth += 1
        defer { depth -= 1 }
        // A list in a map in a list and so on takes two levels for each that `YAMLDocument` counts at most.
        guard depth <= 2 * YAMLDocument.depthLimit + 8 else { throw Unreadable() }
        skipTrivia()
        guard isWithin(indent, isValue) else { return nil }
        let first = at
        skipProperties()
        guard at > first else { return try content(from: first, indent: indent) }
        let properties = first..<at
        skipBlanks()
        if isLineEnd || byte == UInt8(ascii: "#") {
            skipTrivia()
            guard isWithin(indent, isValue) else {
                at = properties.upperBound
                return Node(content: .scalar, range: properties, start: properties.upperBound, isFlow: false)
            }
            var node = try content(from: at, indent: indent)
            node.range = properties.lowerBound..<node.range.upperBound
            return node
        }
        return try content(from: first, indent: indent)
    }

    private func isWithin(_ indent: Int, _ isValue: Bool) -> Bool {
        guard byte != nil, !isDocumentMarker else { return false }
        let column = column(of: at)
        return column > indent || isValue && column == indent && isEntry("-")
    }

    /// - Parameter first: where the node begins: `at`, or properties on the same line.
    private mutating func content(from first: Int, indent: Int) throws(Unreadable) -> Node {
        if isEntry("-") { return try blockSequence(from: first) }
        if isEntry("?") { return try blockMapping(from: first) }
        guard !isEntry(":") else { throw Unreadable() }
        let start = at
        if byte == UInt8(ascii: "|") || byte == UInt8(ascii: ">") {
            skipBlockScalar(indent: indent)
            return Node(content: .scalar, range: first..<at, start: start, isFlow: false)
        }
        var simple = try simpleNode(indent: indent)
        let end = at
        skipBlanks()
        // A key is on one line, and the colon behind it.
        if isEntry(":"), !bytes[start..<end].contains(where: Self.isBreak) {
            at = first
            return try blockMapping(from: first)
        }
        at = end
        simple.range = first..<end
        return simple
    }

    private mutating func blockSequence(from first: Int) throws(Unreadable) -> Node {
        let start = at
        let column = column(of: at)
        var items: [YAMLLayout.Item] = []
        var end = at
        repeat {
            let dash = at
            at += 1
            end = at
            let node = try node(indent: column, isValue: false)
            end = node?.range.upperBound ?? end
            items.append(.init(start: dash, node: node, end: end))
            skipTrivia()
        } while isEntry("-") && self.column(of: at) == column && !isDocumentMarker
        at = end
        return Node(content: .sequence(items), range: first..<end, start: start, isFlow: false)
    }

    private mutating func blockMapping(from first: Int) throws(Unreadable) -> Node {
        let column = column(of: first)
        var pairs: [YAMLLayout.Pair] = []
        var end = at
        repeat {
            let pair = isEntry("?") ? try explicitPair(column) : try implicitPair(column)
            end = pair.end
            pairs.append(pair)
            skipTrivia()
        } while byte != nil && self.column(of: at) == column && !isEntry("-") && !isDocumentMarker
        at = end
        return Node(content: .mapping(pairs), range: first..<end, start: first, isFlow: false)
    }

    private mutating func implicitPair(_ column: Int) throws(Unreadable) -> YAMLLayout.Pair {
        let start = at
        skipProperties()
        skipBlanks()
        var key = try simpleNode(indent: column)
        key.range = start..<key.range.upperBound
        skipBlanks()
        guard isEntry(":") else { throw Unreadable() }
        let colon = at
        at += 1
        let value = try node(indent: column, isValue: true)
        return .init(
            start: start, key: key, colon: colon, value: value, end: value?.range.upperBound ?? colon + 1,
            isExplicit: false)
    }

    private mutating func explicitPair(_ column: Int) throws(Unreadable) -> YAMLLayout.Pair {
        let start = at
        at += 1
        let key = try node(indent: column, isValue: true)
        let keyEnd = key?.range.upperBound ?? start + 1
        skipTrivia()
        guard isEntry(":"), self.column(of: at) == column else {
            at = keyEnd
            return .init(start: start, key: key, colon: nil, value: nil, end: keyEnd, isExplicit: true)
        }
        let colon = at
        at += 1
        let value = try node(indent: column, isValue: true)
        return .init(
            start: start, key: key, colon: colon, value: value, end: value?.range.upperBound ?? colon + 1,
            isExplicit: true)
    }

    /// YAML 1.2.2, 8.1. `at` ends behind the last character of its last line that is not empty, or with `+` behind the
    /// empty lines.
    private mutating func skipBlockScalar(indent: Int) {
        var explicit: Int?
        var keepsEnd = false
        at += 1
        while let byte, !Self.isBreak(byte), byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") {
            if (0x31...0x39).contains(byte) { explicit = Int(byte) - 0x30 }
            keepsEnd = keepsEnd || byte == UInt8(ascii: "+")
            at += 1
        }
        var end = at
        skipLine()
        var column = explicit.map { max(indent, 0) + $0 }
        while byte != nil {
            let line = at
            while byte == UInt8(ascii: " "), column.map({ at - line < $0 }) ?? true { at += 1 }
            if isLineEnd {
                skipBreak()
                if keepsEnd { end = at }
                continue
            }
            if column == nil, at - line > indent { column = at - line }
            guard let column, at - line >= column, !isDocumentMarker else { break }
            skipToBreak()
            end = at
            skipBreak()
            if keepsEnd { end = at }
        }
        at = end
    }

    // MARK: What may stand on one line

    /// An alias, a scalar or a collection in brackets, without properties.
    private mutating func simpleNode(indent: Int) throws(Unreadable) -> Node {
        let start = at
        switch byte {
        case nil: throw Unreadable()
        case UInt8(ascii: "*"):
            skipName()
            return Node(content: .alias, range: start..<at, start: start, isFlow: false)
        case UInt8(ascii: "["), UInt8(ascii: "{"): return try flowNode()
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipQuoted()
        default: skipPlain(indent: indent)
        }
        return Node(content: .scalar, range: start..<at, start: start, isFlow: false)
    }

    private mutating func skipQuoted() throws(Unreadable) {
        let quote = byte
        at += 1
        while let byte {
            at += 1
            if byte == quote {
                guard quote == UInt8(ascii: "'"), self.byte == quote else { return }
                at += 1
            } else if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                at += 1
            }
        }
        throw Unreadable()
    }

    /// - Parameter indent: the column of the collection around; nil within brackets.
    private mutating func skipPlain(indent: Int?) {
        var end = at
        while true {
            skipPlainLine(isFlow: indent == nil)
            end = at
            skipBlanks()
            guard byte != nil, isLineEnd else { break }
            while isLineEnd, byte != nil {
                skipBreak()
                skipBlanks()
            }
            guard let byte, byte != UInt8(ascii: "#"), !isDocumentMarker, indent.map({ column(of: at) > $0 }) ?? true,
                indent != nil || !(Self.isFlowIndicator(byte) || isFlowColon)
            else { break }
        }
        at = end
    }

    /// Up to what ends a plain scalar on its line, without the blanks before that.
    private mutating func skipPlainLine(isFlow: Bool) {
        var end = at
        while let byte, !Self.isBreak(byte) {
            let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            if byte == UInt8(ascii: "#"), end < at { break }
            if isFlow ? Self.isFlowIndicator(byte) || isFlowColon : isEntry(":") { break }
            at += 1
            if !isBlank { end = at }
        }
        at = end
    }

    // MARK: Brackets

    private mutating func flowNode() throws(Unreadable) -> Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 2 * YAMLDocument.depthLimit + 8 else { throw Unreadable() }
        let first = at
        skipProperties()
        skipTrivia()
        let start = at
        var node = Node(content: .scalar, range: first..<at, start: start, isFlow: true)
        switch byte {
        case nil: throw Unreadable()
        case UInt8(ascii: "["): node.content = .sequence(try flowItems())
        case UInt8(ascii: "{"): node.content = .mapping(try flowPairs())
        case UInt8(ascii: "*"):
            skipName()
            node.content = .alias
        case UInt8(ascii: "\""), UInt8(ascii: "'"): try skipQuoted()
        case let byte?:
            guard !Self.isFlowIndicator(byte), !isFlowColon else {
                // Properties alone.
                at = first
                skipProperties()
                guard at > first else { throw Unreadable() }
                break
            }
            skipPlain(indent: nil)
        }
        node.range = first..<at
        return node
    }

    private mutating func flowItems() throws(Unreadable) -> [YAMLLayout.Item] {
        var items: [YAMLLayout.Item] = []
        at += 1
        while true {
            skipTrivia()
            if byte == UInt8(ascii: "]") { break }
            let pair = try flowPair()
            guard let key = pair.key, pair.colon == nil, !pair.isExplicit else {
                // A map of one pair, without braces.
                let node = Node(
                    content: .mapping([pair]), range: pair.start..<pair.end, start: pair.start, isFlow: true)
                items.append(.init(start: pair.start, node: node, end: pair.end))
                try skipComma(before: "]")
                continue
            }
            items.append(.init(start: key.range.lowerBound, node: key, end: key.range.upperBound))
            try skipComma(before: "]")
        }
        at += 1
        return items
    }

    private mutating func flowPairs() throws(Unreadable) -> [YAMLLayout.Pair] {
        var pairs: [YAMLLayout.Pair] = []
        at += 1
        while true {
            skipTrivia()
            if byte == UInt8(ascii: "}") { break }
            pairs.append(try flowPair())
            try skipComma(before: "}")
        }
        at += 1
        return pairs
    }

    private mutating func flowPair() throws(Unreadable) -> YAMLLayout.Pair {
        let start = at
        let isExplicit = isEntry("?")
        if isExplicit {
            at += 1
            skipTrivia()
        }
        let key = isFlowColon ? nil : try flowNode()
        let keyEnd = at
        skipTrivia()
        guard byte == UInt8(ascii: ":") else {
            at = keyEnd
            return .init(start: start, key: key, colon: nil, value: nil, end: keyEnd, isExplicit: isExplicit)
        }
        let colon = at
        at += 1
        skipTrivia()
        if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
            at = colon + 1
            return .init(start: start, key: key, colon: colon, value: nil, end: at, isExplicit: isExplicit)
        }
        let value = try flowNode()
        return .init(
            start: start, key: key, colon: colon, value: value, end: value.range.upperBound, isExplicit: isExplicit)
    }

    private mutating func skipComma(before end: Unicode.Scalar) throws(Unreadable) {
        skipTrivia()
        if byte == UInt8(ascii: ",") {
            at += 1
        } else if byte != UInt8(ascii: end) {
            throw Unreadable()
        }
    }

    // MARK: Characters

    private var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    private static func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    private static func isFlowIndicator(_ byte: UInt8) -> Bool { [0x2C, 0x5B, 0x5D, 0x7B, 0x7D].contains(byte) }

    private static func isName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }

    /// At a line break or the end.
    private var isLineEnd: Bool { byte.map(Self.isBreak) ?? true }

    private func isSpace(_ index: Int) -> Bool {
        index >= bytes.count || Self.isBreak(bytes[index]) || bytes[index] == UInt8(ascii: " ")
            || bytes[index] == UInt8(ascii: "\t")
    }

    /// At that character with white space or the end behind it.
    private func isEntry(_ character: Unicode.Scalar) -> Bool { byte == UInt8(ascii: character) && isSpace(at + 1) }

    /// At a colon that ends a key within brackets.
    private var isFlowColon: Bool {
        byte == UInt8(ascii: ":") && (isSpace(at + 1) || Self.isFlowIndicator(bytes[at + 1]))
    }

    private var isDocumentMarker: Bool {
        guard at + 3 <= bytes.count, isSpace(at + 3), at == 0 || Self.isBreak(bytes[at - 1]) else { return false }
        return bytes[at..<at + 3].allSatisfy { $0 == UInt8(ascii: "-") }
            || bytes[at..<at + 3].allSatisfy { $0 == UInt8(ascii: ".") }
    }

    /// Structure is never indented by what is not ASCII.
    private func column(of index: Int) -> Int {
        var start = index
        while start > 0, !Self.isBreak(bytes[start - 1]) { start -= 1 }
        return index - start
    }

    private mutating func skipBlanks() {
        while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { at += 1 }
    }

    private mutating func skipToBreak() {
        while let byte, !Self.isBreak(byte) { at += 1 }
    }

    private mutating func skipBreak() {
        if byte == UInt8(ascii: "\r") { at += 1 }
        if byte == UInt8(ascii: "\n") { at += 1 }
    }

    private mutating func skipLine() {
        skipToBreak()
        skipBreak()
    }

    /// White space, line breaks and comments.
    private mutating func skipTrivia() {
        while let byte {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): at += 1
            case UInt8(ascii: "#"): skipToBreak()
            default: return
            }
        }
    }

    /// Anchor and tag.
    private mutating func skipProperties() {
        while byte == UInt8(ascii: "&") || byte == UInt8(ascii: "!") {
            if byte == UInt8(ascii: "!") { skipTag() } else { skipName() }
            let end = at
            skipBlanks()
            guard byte != UInt8(ascii: "&"), byte != UInt8(ascii: "!") else { continue }
            at = end
            return
        }
    }

    /// An anchor or alias with its mark: libyaml takes letters, digits, `-` and `_`.
    private mutating func skipName() {
        at += 1
        while let byte, Self.isName(byte) { at += 1 }
    }

    private mutating func skipTag() {
        while let byte, !isSpace(at), !Self.isFlowIndicator(byte) { at += 1 }
    }
}
