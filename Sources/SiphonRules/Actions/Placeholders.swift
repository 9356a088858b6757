import LosslessJSON

/// The places in a packet's JSON that stand for its attachments: maps whose `_placeholder` is `true` (Socket.IO v5,
/// binary; as JavaScript decoders judge it: the last of members that come twice, and nothing inside of a placeholder).
struct Placeholders {
    struct Placeholder: Hashable {
        /// Which attachment.
        let number: Int
        /// Where the text of the number lies.
        let range: Range<Int>
    }

    /// In the order of the text.
    private(set) var found: [Placeholder] = []
    /// Whether the whole text is one.
    private(set) var isWhole = false

    private enum Key {
        case placeholder
        case number
        case other
    }

    /// A list or map that is open.
    private struct Frame {
        let isMap: Bool
        /// How many were found before it.
        let foundBefore: Int
        var awaitsKey: Bool
        var key = Key.other
        var isPlaceholder = false
        var number: Placeholder?
    }

    /// One pass, without recursion. `json` must be valid.
    init(in json: UnsafeRawBufferPointer) {
        var cursor = JSONCursor(json)
        var open: [Frame] = []
        while let byte = cursor.peek {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                Self.note(nil, in: &open)
                let isMap = byte == UInt8(ascii: "{")
                open.append(Frame(isMap: isMap, foundBefore: found.count, awaitsKey: isMap))
                cursor.index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if let frame = open.popLast() { close(frame, isOutermost: open.isEmpty) }
                cursor.index += 1
            case UInt8(ascii: ","):
                if let last = open.indices.last { open[last].awaitsKey = open[last].isMap }
                cursor.index += 1
            case UInt8(ascii: "\"") where open.last?.awaitsKey == true:
                let key = cursor.string()
                guard let last = open.indices.last, let key else { return }
                open[last].awaitsKey = false
                open[last].key = Self.key(at: key, in: cursor)
            case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: ":"): cursor.index += 1
            default:
                let range = cursor.value()
                Self.note(UnsafeRawBufferPointer(rebasing: json[range]), at: range, in: &open)
            }
        }
    }

    init(in json: some Sequence<UInt8>) {
        self = Array(json).withUnsafeBytes { Placeholders(in: $0) }
    }

    private static func key(at range: Range<Int>, in cursor: JSONCursor) -> Key {
        if cursor.string(at: range, means: "_placeholder") { return .placeholder }
        return cursor.string(at: range, means: "num") ? .number : .other
    }

    /// Takes in the value of a member: a scalar, or nil for a list or map.
    private static func note(_ scalar: UnsafeRawBufferPointer?, at range: Range<Int> = 0..<0, in open: inout [Frame]) {
        guard let last = open.indices.last, open[last].isMap else { return }
        switch open[last].key {
        case .placeholder: open[last].isPlaceholder = scalar?.elementsEqual("true".utf8) ?? false
        case .number: open[last].number = scalar.flatMap(number).map { Placeholder(number: $0, range: range) }
        case .other: break
        }
    }

    private static func number(_ scalar: UnsafeRawBufferPointer) -> Int? {
        let text = String(decoding: scalar, as: UTF8.self)
        return Int(text) ?? Double(text).flatMap(Int.init(exactly:))
    }

    private mutating func close(_ frame: Frame, isOutermost: Bool) {
        guard frame.isMap, frame.isPlaceholder else { return }
        found.removeSubrange(frame.foundBefore...)
        if let number = frame.number { found.append(number) }
        isWhole = isOutermost
    }
}
