import LosslessJSON

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
