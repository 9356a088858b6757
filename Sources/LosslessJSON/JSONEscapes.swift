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
            var index = 0
            while index < bytes.count {
                guard bytes[index] == 0x5C else {
                    value.append(bytes[index])
                    index += 1
                    continue
                }
                index += unescapeOne(UnsafeBufferPointer(rebasing: bytes[index...]), into: &value)
            }
            return String(decoding: value, as: UTF8.self)
        }
    }

    /// Reads the escape at the start of `bytes` and returns its length.
    private static func unescapeOne(_ bytes: UnsafeBufferPointer<UInt8>, into value: inout [UInt8]) -> Int {
        guard bytes.count >= 2 else {
            append(Unicode.Scalar(0xFFFD), to: &value)
            return bytes.count
        }
        switch bytes[1] {
        case UInt8(ascii: "b"): value.append(0x08)
        case UInt8(ascii: "t"): value.append(0x09)
        case UInt8(ascii: "n"): value.append(0x0A)
        case UInt8(ascii: "f"): value.append(0x0C)
        case UInt8(ascii: "r"): value.append(0x0D)
        case UInt8(ascii: "u"): return unescapeUnicode(bytes, into: &value)
        default: value.append(bytes[1])
        }
        return 2
    }

    private static func unescapeUnicode(_ bytes: UnsafeBufferPointer<UInt8>, into value: inout [UInt8]) -> Int {
        guard let unit = hex4(bytes, at: 2) else {
            append(Unicode.Scalar(0xFFFD), to: &value)
            return min(6, bytes.count)
        }
        if (0xD800..<0xDC00).contains(unit), bytes.count >= 12, bytes[6] == 0x5C, bytes[7] == UInt8(ascii: "u"),
            let low = hex4(bytes, at: 8), (0xDC00..<0xE000).contains(low)
        {
            append(Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)), to: &value)
            return 12
        }
        append(Unicode.Scalar(unit), to: &value)
        return 6
    }

    static func hex4(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for byte in bytes[offset..<offset + 4] {
            guard let digit = hexDigit(byte) else { return nil }
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

    private static func append(_ scalar: Unicode.Scalar?, to value: inout [UInt8]) {
        value.append(contentsOf: UTF8.encode(scalar ?? "\u{FFFD}") ?? UTF8.encodedReplacementCharacter)
    }
}
