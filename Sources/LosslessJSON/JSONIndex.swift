/// Where each value of a JSON text lies: a flat list, made in one pass without recursion, from which values are read
/// where they lie. Takes what `JSONParser` takes.
package struct JSONIndex: Sendable {
    package enum Kind: UInt8, Sendable {
        case null
        case `false`
        case `true`
        case number
        case string
        case list
        case map
    }

    /// One value. All places are in bytes from the start of the text.
    package struct Node: Sendable {
        package let kind: Kind
        fileprivate let start: UInt32
        fileprivate var end: UInt32 = 0
        fileprivate let keyStart: UInt32
        fileprivate let keyEnd: UInt32
        /// The node behind this one and all within it. Until the end of a list or a map is read: what it lies in.
        fileprivate var next: UInt32 = 0

        /// Where its text lies; that of a string with its quotes.
        package var range: Range<Int> { Int(start)..<Int(end) }
        /// Where its key lies, without the quotes; empty also for what is no member of a map.
        fileprivate var key: Range<Int> { Int(keyStart)..<Int(keyEnd) }
    }

    private static let none = UInt32.max

    /// In the order of the text: what lies in a value follows it.
    private var nodes: [Node] = []

    package init() {}

    /// Reads `text` in the place of what was read before, whose memory is used again. Where it throws, the index is
    /// empty.
    package mutating func read(
        _ text: UnsafeRawBufferPointer, depthLimit: Int = JSONParser.defaultDepthLimit,
        valueLimit: Int = JSONParser.defaultValueLimit
    ) throws(JSONError) {
        clear()
        guard text.count < Self.none else { throw JSONError(.tooManyValues, at: Int(Self.none)) }
        nodes.reserveCapacity(min(text.count / 8, valueLimit) + 4)
        var parser = JSONParser(text.bindMemory(to: UInt8.self), depthLimit: depthLimit, valueLimit: valueLimit)
        do throws(JSONError) { try read(&parser) } catch {
            clear()
            throw error
        }
    }

    /// Forgets what was read, and keeps its memory.
    package mutating func clear() { nodes.removeAll(keepingCapacity: true) }

    package var isEmpty: Bool { nodes.isEmpty }

    /// The value that is the whole text; nil for an empty index.
    package var root: Int? { nodes.isEmpty ? nil : 0 }

    package subscript(_ node: Int) -> Node { nodes[node] }

    // MARK: Reading

    private mutating func read(_ parser: inout JSONParser) throws(JSONError) {
        var parent = Self.none
        var key = 0..<0
        parser.skipSpace()
        while true {
            if let opened = try readValue(&parser, key: key, in: parent) {
                parent = opened
            } else if try close(&parser, &parent) {
                return try parser.expectEnd()
            }
            key = nodes[Int(parent)].kind == .map ? try readKey(&parser) : 0..<0
        }
    }

    /// Adds the value that is next. The list or map that has begun with it and is not empty, else nil.
    private mutating func readValue(
        _ parser: inout JSONParser, key: Range<Int>, in parent: UInt32
    ) throws(JSONError) -> UInt32? {
        try parser.count()
        let start = parser.index
        let kind: Kind
        switch parser.peek {
        case UInt8(ascii: "\""):
            try parser.skipString()
            kind = .string
        case UInt8(ascii: "["): kind = .list
        case UInt8(ascii: "{"): kind = .map
        case UInt8(ascii: "t"):
            try parser.skipLiteral("true")
            kind = .true
        case UInt8(ascii: "f"):
            try parser.skipLiteral("false")
            kind = .false
        case UInt8(ascii: "n"):
            try parser.skipLiteral("null")
            kind = .null
        default:
            try parser.skipNumber()
            kind = .number
        }
        let number = UInt32(truncatingIfNeeded: nodes.count)
        var node = Node(
            kind: kind, start: UInt32(truncatingIfNeeded: start),
            keyStart: UInt32(truncatingIfNeeded: key.lowerBound), keyEnd: UInt32(truncatingIfNeeded: key.upperBound))
        if kind == .list || kind == .map {
            try parser.enter()
            node.next = parent
            nodes.append(node)
            if try parser.nextElement(first: true, end: kind.end) { return number }
            nodes[Int(number)].next = number + 1
        } else {
            node.next = number + 1
            nodes.append(node)
        }
        nodes[Int(number)].end = UInt32(truncatingIfNeeded: parser.index)
        return nil
    }

    /// Goes behind a value: on to the next one beside it, ending what ends before. True where nothing goes on.
    private mutating func close(_ parser: inout JSONParser, _ parent: inout UInt32) throws(JSONError) -> Bool {
        while parent != Self.none {
            let place = Int(parent)
            if try parser.nextElement(first: false, end: nodes[place].kind.end) { return false }
            parent = nodes[place].next
            nodes[place].end = UInt32(truncatingIfNeeded: parser.index)
            nodes[place].next = UInt32(truncatingIfNeeded: nodes.count)
        }
        return true
    }

    private func readKey(_ parser: inout JSONParser) throws(JSONError) -> Range<Int> {
        let start = parser.index + 1
        try parser.skipString()
        let end = parser.index - 1
        try parser.skipColon()
        parser.skipSpace()
        return start..<end
    }
}

extension JSONIndex.Kind {
    /// The byte that ends a list or a map.
    fileprivate var end: UInt8 { self == .list ? UInt8(ascii: "]") : UInt8(ascii: "}") }
}

// MARK: Finding

extension JSONIndex {
    /// The elements of a list, or the values of a map's members, in order; none for any other value.
    package func children(of node: Int) -> Children { Children(nodes: nodes, of: node) }

    package struct Children: Sequence, IteratorProtocol {
        private let nodes: [Node]
        private var place: Int
        private let end: Int

        fileprivate init(nodes: [Node], of node: Int) {
            self.nodes = nodes
            place = node + 1
            end = Int(nodes[node].next)
        }

        package mutating func next() -> Int? {
            guard place < end else { return nil }
            defer { place = Int(nodes[place].next) }
            return place
        }
    }

    /// The element of a list at that index; nil for no list and past its end.
    package func element(_ index: Int, of node: Int) -> Int? {
        guard nodes[node].kind == .list else { return nil }
        var left = index
        for child in children(of: node) {
            guard left > 0 else { return child }
            left -= 1
        }
        return nil
    }

    /// The member of a map with that key, the last where it comes twice, as JavaScript reads it.
    ///
    /// - Parameters:
    ///   - key: UTF-8.
    ///   - text: what the index was made of.
    package func member(_ key: [UInt8], of node: Int, in text: UnsafeRawBufferPointer) -> Int? {
        guard nodes[node].kind == .map else { return nil }
        let text = text.bindMemory(to: UInt8.self)
        return key.withUnsafeBufferPointer { key in
            var found: Int?
            for child in children(of: node) {
                let raw = UnsafeBufferPointer(rebasing: text[nodes[child].key])
                if JSONEscapes.means(raw, key) { found = child }
            }
            return found
        }
    }

    /// Calls `body` with what the string at `node` means, in UTF-8; a lone surrogate reads as U+FFFD. For any other
    /// value with its text.
    ///
    /// - Parameter scratch: used where the string holds escapes.
    package func withText<Result>(
        of node: Int, in text: UnsafeRawBufferPointer, scratch: inout [UInt8],
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        let range = nodes[node].range
        guard nodes[node].kind == .string else { return body(UnsafeRawBufferPointer(rebasing: text[range])) }
        let raw = UnsafeRawBufferPointer(rebasing: text[range.dropFirst().dropLast()])
        guard raw.contains(0x5C) else { return body(raw) }
        scratch.removeAll(keepingCapacity: true)
        JSONEscapes.unescape(raw.bindMemory(to: UInt8.self), into: &scratch)
        return scratch.withUnsafeBytes(body)
    }
}
