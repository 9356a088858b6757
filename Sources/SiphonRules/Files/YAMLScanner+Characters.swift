/// Characters, and what stands between the parts.
extension YAMLScanner {
    var byte: UInt8? { at < bytes.count ? bytes[at] : nil }

    static func isBreak(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    static func isFlowIndicator(_ byte: UInt8) -> Bool { [0x2C, 0x5B, 0x5D, 0x7B, 0x7D].contains(byte) }

    static func isName(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x2D || byte == 0x5F
    }

    /// At a line break or the end.
    var isLineEnd: Bool { byte.map(Self.isBreak) ?? true }

    func isSpace(_ index: Int) -> Bool {
        index >= bytes.count || Self.isBreak(bytes[index]) || bytes[index] == UInt8(ascii: " ")
            || bytes[index] == UInt8(ascii: "\t")
    }

    /// At that character with white space or the end behind it.
    func isEntry(_ character: Unicode.Scalar) -> Bool { byte == UInt8(ascii: character) && isSpace(at + 1) }

    /// At a colon that ends a key within brackets.
    var isFlowColon: Bool {
        byte == UInt8(ascii: ":") && (isSpace(at + 1) || Self.isFlowIndicator(bytes[at + 1]))
    }

    var isDocumentMarker: Bool {
        guard at + 3 <= bytes.count, isSpace(at + 3), at == 0 || Self.isBreak(bytes[at - 1]) else { return false }
        return bytes[at..<at + 3].allSatisfy { $0 == UInt8(ascii: "-") }
            || bytes[at..<at + 3].allSatisfy { $0 == UInt8(ascii: ".") }
    }

    /// Structure is never indented by what is not ASCII.
    func column(of index: Int) -> Int {
        var start = index
        while start > 0, !Self.isBreak(bytes[start - 1]) { start -= 1 }
        return index - start
    }

    mutating func skipBlanks() {
        while byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { at += 1 }
    }

    mutating func skipToBreak() {
        while let byte, !Self.isBreak(byte) { at += 1 }
    }

    mutating func skipBreak() {
        if byte == UInt8(ascii: "\r") { at += 1 }
        if byte == UInt8(ascii: "\n") { at += 1 }
    }

    mutating func skipLine() {
        skipToBreak()
        skipBreak()
    }

    /// White space, line breaks and comments.
    mutating func skipTrivia() {
        while let byte {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): at += 1
            case UInt8(ascii: "#"): skipToBreak()
            default: return
            }
        }
    }

    /// Anchor and tag.
    mutating func skipProperties() {
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
    mutating func skipName() {
        at += 1
        while let byte, Self.isName(byte) { at += 1 }
    }

    mutating func skipTag() {
        while let byte, !isSpace(at), !Self.isFlowIndicator(byte) { at += 1 }
    }
}
