/// What may stand on one line, and texts in block form.
extension YAMLScanner {
    /// An alias, a scalar or a collection in brackets, without properties.
    mutating func simpleNode(indent: Int) throws(Unreadable) -> Node {
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

    mutating func skipQuoted() throws(Unreadable) {
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
    mutating func skipPlain(indent: Int?) {
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
    mutating func skipPlainLine(isFlow: Bool) {
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

    /// YAML 1.2.2, 8.1. `at` ends behind the last character of its last line that is not empty, or with `+` behind the
    /// empty lines.
    mutating func skipBlockScalar(indent: Int) {
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
}
