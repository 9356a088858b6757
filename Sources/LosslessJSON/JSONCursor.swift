/// Walks over JSON text token by token, without recursion and without building anything.
///
/// The text should have passed `JSONParser.validate`. On other text the answers mean nothing, but no byte outside of it
/// is read and every step ends.
package struct JSONCursor {
    package let bytes: UnsafeRawBufferPointer
    package var index: Int

    package init(_ bytes: UnsafeRawBufferPointer, at index: Int = 0) {
        self.bytes = bytes
        self.index = index
        skipSpace()
    }

    package var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    package mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    /// Passes over `byte` and the space after it, where it is next.
    package mutating func skip(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        index += 1
        skipSpace()
        return true
    }

    /// Passes over a string and returns where its text lies, without the quotes; nil where no string is next.
    package mutating func string() -> Range<Int>? {
        guard peek == UInt8(ascii: "\"") else { return nil }
        let start = index + 1
        index = start
        while let byte = peek, byte != UInt8(ascii: "\"") { index += byte == 0x5C ? 2 : 1 }
        guard index < bytes.count else {
            index = bytes.count
            return nil
        }
        index += 1
        return start..<index - 1
    }

    /// Passes over one value and returns where it lies.
    package mutating func value() -> Range<Int> {
        let start = index
        var depth = 0
        repeat {
            switch peek {
            case nil: return start..<index
            case UInt8(ascii: "\""): _ = string()
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
            case let byte? where Self.isScalar(byte): while let byte = peek, Self.isScalar(byte) { index += 1 }
            default: index += 1
            }
        } while depth > 0
        return start..<index
    }

    /// Calls `body` with where each element lies of the list that is next; passes over it. False for no list.
    package mutating func elements(_ body: (Range<Int>) -> Void) -> Bool {
        guard skip("[") else { return false }
        guard !skip("]") else { return true }
        while index < bytes.count {
            body(value())
            skipSpace()
            if skip(",") { continue }
            return skip("]")
        }
        return false
    }

    /// Calls `body` with where the key (without its quotes) and the value lie of each member of the map that is next;
    /// passes over it. False for no map.
    package mutating func members(_ body: (_ key: Range<Int>, _ value: Range<Int>) -> Void) -> Bool {
        guard skip("{") else { return false }
        guard !skip("}") else { return true }
        while index < bytes.count {
            guard let key = string() else { return false }
            skipSpace()
            guard skip(":") else { return false }
            body(key, value())
            skipSpace()
            if skip(",") { continue }
            return skip("}")
        }
        return false
    }

    /// Whether the text between the quotes of a string, at `range`, means `text`, code unit by code unit.
    package func string(at range: Range<Int>, means text: String) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return false }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[range]).bindMemory(to: UInt8.self)
        var text = text
        return text.withUTF8 { JSONEscapes.means(raw, $0) }
    }

    /// Letters, digits, `+ - .`: what numbers and literals are made of.
    private static func isScalar(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2E: true
        default: false
        }
    }
}
