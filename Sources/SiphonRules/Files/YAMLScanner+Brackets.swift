/// Lists and maps in brackets.
extension YAMLScanner {
    mutating func flowNode() throws(Unreadable) -> Node {
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

    mutating func flowItems() throws(Unreadable) -> [YAMLLayout.Item] {
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

    mutating func flowPairs() throws(Unreadable) -> [YAMLLayout.Pair] {
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

    mutating func flowPair() throws(Unreadable) -> YAMLLayout.Pair {
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

    mutating func skipComma(before end: Unicode.Scalar) throws(Unreadable) {
        skipTrivia()
        if byte == UInt8(ascii: ",") {
            at += 1
        } else if byte != UInt8(ascii: end) {
            throw Unreadable()
        }
    }
}
