/// The escapes of JSON strings (RFC 8259, section 7).
enum JSONEscapes {
    static func escape(_ value: String) -> String {
        var value = value
        return value.withUTF8 { bytes in
            guard bytes.contains(where: needsEscape) else { return String(decoding: bytes, as: UTF8.self) }
            var escaped: [UInt8] = []
            escaped.reserveCapacity(bytes.count + 16)
            for byte in bytes { append(byte, to: &escaped) }
            return String(decoding: escaped, as: UTF8.self)
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

    private static func append(_ byte: UInt8, to escaped: inout [UInt8]) {
        guard needsEscape(byte) else { return escaped.append(byte) }
        escaped.append(0x5C)
        switch byte {
        case 0x22, 0x5C: escaped.append(byte)
        case 0x08: escaped.append(UInt8(ascii: "b"))
        case 0x09: escaped.append(UInt8(ascii: "t"))
        case 0x0A: escaped.append(UInt8(ascii: "n"))
        case 0x0C: escaped.append(UInt8(ascii: "f"))
        case 0x0D: escaped.append(UInt8(ascii: "r"))
        default:
            let digits = Array("0123456789abcdef".utf8)
            escaped.append(contentsOf: [0x75, 0x30, 0x30, digits[Int(byte >> 4)], digits[Int(byte & 15)]])
        }
    }

    /// `escaped` has been validated by the parser; what it would refuse reads as U+FFFD here.
    static func unescape(_ escaped: String) -> String {
        var escaped = escaped
        return escaped.withUTF8 { bytes in
            guard bytes.contains(0x5C) else { return String(decoding: bytes, as: UTF8.self) }
            var value: [UInt8] = []
            value.reserveCapacity(bytes.count)
            unescape(bytes, into: &value)
            return String(decoding: value, as: UTF8.self)
        }
    }

    /// Puts what `escaped` means behind `value`.
    static func unescape(_ escaped: UnsafeBufferPointer<UInt8>, into value: inout [UInt8]) {
        var index = 0
        while index < escaped.count {
            guard escaped[index] == 0x5C else {
                value.append(escaped[index])
                index += 1
                continue
            }
            let escape = readEscape(escaped, at: index)
            switch escape.meaning {
            case .byte(let byte): value.append(byte)
            case .scalar(let scalar): value.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            }
            index += escape.length
        }
    }

    /// Whether `escaped` means `text`, byte by byte, without building it.
    static func means(_ escaped: UnsafeBufferPointer<UInt8>, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // No escape is shorter than what it means, and none more than six times as long.
        guard escaped.count >= text.count, escaped.count / 6 <= text.count else { return false }
        var index = 0
        var matched = 0
        func matches(_ byte: UInt8) -> Bool {
            guard matched < text.count, text[matched] == byte else { return false }
            matched += 1
            return true
        }
        while index < escaped.count {
            guard escaped[index] == 0x5C else {
                guard matches(escaped[index]) else { return false }
                index += 1
                continue
            }
            let escape = readEscape(escaped, at: index)
            switch escape.meaning {
            case .byte(let byte): guard matches(byte) else { return false }
            case .scalar(let scalar):
                for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter {
                    guard matches(byte) else { return false }
                }
            }
            index += escape.length
        }
        return matched == text.count
    }

    private enum Meaning {
        case byte(UInt8)
        case scalar(Unicode.Scalar)
    }

    /// Reads the escape whose backslash is at `index`.
    private static func readEscape(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (meaning: Meaning, length: Int) {
        guard index + 1 < bytes.count else { return (.scalar("\u{FFFD}"), 1) }
        switch bytes[index + 1] {
        case UInt8(ascii: "b"): return (.byte(0x08), 2)
        case UInt8(ascii: "t"): return (.byte(0x09), 2)
        case UInt8(ascii: "n"): return (.byte(0x0A), 2)
        case UInt8(ascii: "f"): return (.byte(0x0C), 2)
        case UInt8(ascii: "r"): return (.byte(0x0D), 2)
        case UInt8(ascii: "u"): return readUnicode(bytes, at: index)
        case let byte: return (.byte(byte), 2)
        }
    }

    private static func readUnicode(
        _ bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (meaning: Meaning, length: Int) {
        guard let unit = hex4(bytes, at: index + 2) else {
            return (.scalar("\u{FFFD}"), min(6, bytes.count - index))
        }
        if (0xD800..<0xDC00).contains(unit), index + 12 <= bytes.count, bytes[index + 6] == 0x5C,
            bytes[index + 7] == UInt8(ascii: "u"), let low = hex4(bytes, at: index + 8),
            (0xDC00..<0xE000).contains(low),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        {
            return (.scalar(scalar), 12)
        }
        return (.scalar(Unicode.Scalar(unit) ?? "\u{FFFD}"), 6)
    }

    static func hex4(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for index in offset..<offset + 4 {
            guard let digit = hexDigit(bytes[index]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x37)
        case 0x61...0x66: UInt32(byte - 0x57)
        default: nil
        }
    }
}
