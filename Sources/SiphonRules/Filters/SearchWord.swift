import LosslessJSON

/// A bare word of a filter: a text to be found, whatever the case, in a key, a string, a number or a literal.
package struct SearchWord: Hashable, Sendable {
    package let text: String
    private let needle: [UInt8]
    /// For each prefix of the needle how long a shorter prefix ends it (Knuth, Morris, Pratt), so that no text makes
    /// the search slower than its length.
    private let fallback: [Int]

    init(_ text: String) {
        self.text = text
        let needle = Array(text.lowercased().utf8)
        var fallback = [Int](repeating: 0, count: needle.count)
        var length = 0
        for index in needle.indices.dropFirst() {
            while length > 0, needle[index] != needle[length] { length = fallback[length - 1] }
            if needle[index] == needle[length] { length += 1 }
            fallback[index] = length
        }
        self.needle = needle
        self.fallback = fallback
    }

    func isFound(in haystack: SearchableText) -> Bool {
        guard !needle.isEmpty else { return true }
        var matched = 0
        for byte in haystack.bytes {
            while matched > 0, byte != needle[matched] { matched = fallback[matched - 1] }
            if byte == needle[matched] { matched += 1 }
            if matched == needle.count { return true }
        }
        return false
    }

    package static func == (left: Self, right: Self) -> Bool { left.text == right.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

/// The decoded, lower-cased strings, keys, numbers and literals of a JSON text, which need not be valid, one behind the
/// other. Made once for an event, in one pass, however many words look into it.
struct SearchableText: Sendable {
    /// UTF-8, each token ended by 0xFF, which no text contains: a word is never found across two of them.
    private(set) var bytes: [UInt8] = []

    init(_ json: UnsafeRawBufferPointer) {
        bytes.reserveCapacity(json.count)
        var cursor = JSONCursor(json)
        while let byte = cursor.peek {
            switch byte {
            case UInt8(ascii: "\""):
                let start = cursor.index + 1
                append(UnsafeRawBufferPointer(rebasing: json[cursor.string() ?? start..<json.count]))
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":"), UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"),
                UInt8(ascii: "{"), UInt8(ascii: "}"):
                cursor.index += 1
            default: append(UnsafeRawBufferPointer(rebasing: json[scalar(&cursor)]))
            }
        }
    }

    private func scalar(_ cursor: inout JSONCursor) -> Range<Int> {
        let start = cursor.index
        cursor.index += 1
        while let byte = cursor.peek, byte > 0x20, byte != 0x22, byte != 0x2C, byte != 0x3A, byte != 0x5B, byte != 0x5D,
            byte != 0x7B, byte != 0x7D
        {
            cursor.index += 1
        }
        return start..<cursor.index
    }

    private mutating func append(_ raw: UnsafeRawBufferPointer) {
        if raw.allSatisfy({ $0 < 0x80 && $0 != 0x5C }) {
            bytes.append(contentsOf: raw.lazy.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
        } else {
            let text = JSONString(escapedOnWire: String(decoding: raw, as: UTF8.self)).value
            bytes.append(contentsOf: text.lowercased().utf8)
        }
        bytes.append(0xFF)
    }
}
