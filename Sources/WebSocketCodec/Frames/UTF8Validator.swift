/// Checks UTF-8 (RFC 3629) that comes in parts, which may end within a character.
struct UTF8Validator {
    /// Bytes that the character begun still needs.
    private var missing = 0
    /// What the next of them may be: narrower than a continuation byte's range where a wider one would allow an
    /// overlong form, a surrogate or more than U+10FFFF.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    var isBetweenCharacters: Bool { missing == 0 }

    /// Reads on. Returns the offset of the first byte that cannot stand where it does.
    mutating func firstFault(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while true {
            if missing == 0 { index = Self.endOfWholeCharacters(in: bytes, from: index) }
            guard index < bytes.count else { return nil }
            guard accept(bytes[index]) else { return index }
            index &+= 1
        }
    }

    @inline(__always)
    private mutating func accept(_ byte: UInt8) -> Bool {
        if missing == 0 { return begin(byte) }
        guard byte >= lowest, byte <= highest else { return false }
        missing &-= 1
        lowest = 0x80
        highest = 0xBF
        return true
    }

    /// RFC 3629, section 4.
    @inline(__always)
    private mutating func begin(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: missing = 1
        case 0xE0...0xEF:
            missing = 2
            if byte == 0xE0 { lowest = 0xA0 }
            if byte == 0xED { highest = 0x9F }
        case 0xF0...0xF4:
            missing = 3
            if byte == 0xF0 { lowest = 0x90 }
            if byte == 0xF4 { highest = 0x8F }
        default: return false
        }
        return true
    }

    /// An index to which there are only whole and good characters; what comes after it may be good as well.
    @inline(__always)
    private static func endOfWholeCharacters(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index < bytes.count {
            let lead = bytes[index]
            if lead < 0x80 {
                index = endOfASCII(in: bytes, from: index)
            } else if lead & 0xE0 == 0xC0 {
                guard index &+ 2 <= bytes.count, lead >= 0xC2, bytes[index &+ 1] & 0xC0 == 0x80 else { return index }
                index &+= 2
            } else if lead & 0xF0 == 0xE0 {
                guard index &+ 3 <= bytes.count else { return index }
                let (second, third) = (bytes[index &+ 1], bytes[index &+ 2])
                guard second & 0xC0 == 0x80, third & 0xC0 == 0x80 else { return index }
                // The top five of the 16 bits: 0 is an overlong form, 0x1B (U+D800 to U+DFFF) a surrogate.
                let top = (lead & 0x0F) << 1 | (second & 0x20) >> 5
                guard top != 0, top != 0x1B else { return index }
                index &+= 3
            } else {
                return index
            }
        }
        return index
    }

    /// The first index from `start` on that is not known to be ASCII.
    @inline(__always)
    private static func endOfASCII(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index &+ 32 <= bytes.count {
            let word = { bytes.loadUnaligned(fromByteOffset: index &+ $0, as: UInt64.self) }
            guard (word(0) | word(8) | word(16) | word(24)) & 0x8080_8080_8080_8080 == 0 else { break }
            index &+= 32
        }
        while index &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let marks = word & 0x8080_8080_8080_8080
            guard marks == 0 else { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index &+= 1 }
        return index
    }
}
