import LosslessJSON

extension JSONValue {
    /// Whether both mean the same, whatever escapes their texts are written with. Numbers are compared by their text
    /// and maps with the order of their keys. A text with half a surrogate pair means what nothing but JSON can write.
    func means(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.number(let left), .number(let right)): left.text == right.text
        case (.string(let left), .string(let right)): left.means(right)
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.means($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.key.means($1.key) && $0.value.means($1.value) }
        default: false
        }
    }
}

extension JSONString {
    fileprivate func means(_ other: JSONString) -> Bool {
        if escaped.utf8.elementsEqual(other.escaped.utf8) { return true }
        return !hasLoneSurrogate && !other.hasLoneSurrogate && value.utf8.elementsEqual(other.value.utf8)
    }

    private var hasLoneSurrogate: Bool {
        guard escaped.utf8.contains(UInt8(ascii: "\\")) else { return false }
        let bytes = Array(escaped.utf8)
        var index = 0
        var isHigh = false
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "\\") else {
                if isHigh { return true }
                index += 1
                continue
            }
            guard index + 6 <= bytes.count, bytes[index + 1] == UInt8(ascii: "u"),
                let unit = UInt16(String(decoding: bytes[index + 2..<index + 6], as: UTF8.self), radix: 16)
            else {
                if isHigh { return true }
                index += 2
                continue
            }
            let isLow = (0xDC00..<0xE000).contains(unit)
            if isLow != isHigh { return true }
            isHigh = (0xD800..<0xDC00).contains(unit)
            index += 6
        }
        return isHigh
    }
}
