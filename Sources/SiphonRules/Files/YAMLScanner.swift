/// Finds the parts of a YAML text (YAML 1.2, chapters 6 to 9, as libyaml reads it). The text is known to be YAML: what
/// is none is not always noticed here.
struct YAMLScanner {
    typealias Node = YAMLLayout.Node
    typealias Unreadable = YAMLLayout.Unreadable

    let bytes: [UInt8]
    var at = 0
    var depth = 0

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
}
