/// Base64 with the standard alphabet and padding (RFC 4648, section 4), unless a function says otherwise.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let notInAlphabet = UInt8(0xFF)

    /// The value of each byte; `notInAlphabet` where it has none.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: notInAlphabet, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()

    package static func isDigit(_ byte: UInt8) -> Bool { values[Int(byte)] != notInAlphabet }

    // MARK: Encoding

    /// Bytes of text that `count` bytes become, padding included.
    package static func encodedSize(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Array(bytes).withUnsafeBytes { encode($0) }
    }

    package static func encode(_ source: UnsafeRawBufferPointer) -> String {
        let size = encodedSize(source.count)
        return String(unsafeUninitializedCapacity: size) { target in
            encode(source, into: UnsafeMutableRawBufferPointer(target))
            return size
        }
    }

    /// With the alphabet for URLs and without padding (RFC 4648, section 5).
    package static func encodeForURL(_ bytes: some Sequence<UInt8>) -> String {
        String(
            encode(bytes).compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }

    /// `target` must have room for `encodedSize(source.count)` bytes.
    package static func encode(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) {
        precondition(target.count >= encodedSize(source.count), "the target of base64 is too small")
        alphabet.withUnsafeBufferPointer { encode(source, into: target, alphabet: $0) }
    }

    private static func encode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        alphabet: UnsafeBufferPointer<UInt8>
    ) {
        var from = 0
        var to = 0
        while from + 3 <= source.count {
            let bits = Int(source[from]) << 16 | Int(source[from + 1]) << 8 | Int(source[from + 2])
            target[to] = alphabet[bits >> 18]
            target[to + 1] = alphabet[bits >> 12 & 63]
            target[to + 2] = alphabet[bits >> 6 & 63]
            target[to + 3] = alphabet[bits & 63]
            from += 3
            to += 4
        }
        let left = source.count - from
        guard left > 0 else { return }
        let bits = Int(source[from]) << 16 | (left == 2 ? Int(source[from + 1]) << 8 : 0)
        target[to] = alphabet[bits >> 18]
        target[to + 1] = alphabet[bits >> 12 & 63]
        target[to + 2] = left == 2 ? alphabet[bits >> 6 & 63] : padding
        target[to + 3] = padding
    }

    // MARK: Decoding

    /// Reads what `encode` would have written and nothing else: nil for missing padding, other characters or bits that
    /// are left over.
    package static func decode(_ text: String) -> [UInt8]? {
        var text = text
        let bytes = text.withUTF8 { characters in
            var bytes = [UInt8](repeating: 0, count: decodedSizeLimit(characters.count))
            let size = bytes.withUnsafeMutableBytes { decode(UnsafeRawBufferPointer(characters), into: $0) }
            return size.map { Array(bytes[..<$0]) }
        }
        return bytes.flatMap { encode($0) == text ? $0 : nil }
    }

    /// Most bytes that `count` characters can mean.
    package static func decodedSizeLimit(_ count: Int) -> Int { count / 4 * 3 + 2 }

    /// Returns how many bytes were written. Padding may be missing; nil for any other byte outside the alphabet.
    /// `target` must have room for `decodedSizeLimit(source.count)` bytes.
    package static func decode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        precondition(target.count >= decodedSizeLimit(source.count), "the target of base64 is too small")
        var count = source.count
        while count > 0, source.count - count < 2, source[count - 1] == padding { count -= 1 }
        let left = count % 4
        guard left != 1, source.count - count <= (left == 0 ? 0 : 4 - left) else { return nil }
        let digits = UnsafeRawBufferPointer(rebasing: source[..<count])
        return values.withUnsafeBufferPointer { decode(digits, into: target, values: $0) }
    }

    private static func decode(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer,
        values: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        var seen = UInt8(0)  // a value is below 64, so one byte outside the alphabet sets a bit above
        func value(_ index: Int) -> Int {
            let value = values[Int(source[index])]
            seen |= value
            return Int(value & 63)
        }
        var from = 0
        var to = 0
        while from + 4 <= source.count {
            let bits = value(from) << 18 | value(from + 1) << 12 | value(from + 2) << 6 | value(from + 3)
            target[to] = UInt8(truncatingIfNeeded: bits >> 16)
            target[to + 1] = UInt8(truncatingIfNeeded: bits >> 8)
            target[to + 2] = UInt8(truncatingIfNeeded: bits)
            from += 4
            to += 3
        }
        let left = source.count - from
        if left >= 2 {
            let bits = value(from) << 18 | value(from + 1) << 12 | (left == 3 ? value(from + 2) << 6 : 0)
            target[to] = UInt8(truncatingIfNeeded: bits >> 16)
            if left == 3 { target[to + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
            to += left - 1
        }
        return seen < 64 ? to : nil
    }
}
