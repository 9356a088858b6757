import LosslessJSON

/// Writes values as a person would into a rule file: maps and lists on lines of their own where they are long, in
/// brackets where they fit, and quotes only where they are needed.
struct YAMLWriter {
    /// The last column that a line in brackets may reach.
    static let width = 100
    /// libyaml reads no longer key without a question mark before it.
    private static let keyLengthLimit = 1000

    /// How a value stands behind its key.
    enum Form {
        case inline(String)
        /// Lines below the key, not indented.
        case lines([String])
    }

    /// With the quotes of JSON, for a file that is JSON too.
    let isJSON: Bool

    init(isJSON: Bool = false) { self.isJSON = isJSON }

    // MARK: Blocks

    /// The lines of a map.
    func lines(of members: [JSONMember], column: Int, openLevels: Int = 0) -> [String] {
        members.flatMap { lines(ofKey: $0.key.value, $0.value, column: column, openLevels: openLevels) }
    }

    /// - Parameters:
    ///   - column: where the key begins, from 0.
    ///   - openLevels: how many levels of maps and lists go without brackets however short they are.
    func lines(ofKey key: String, _ value: JSONValue, column: Int, openLevels: Int = 0) -> [String] {
        let text = scalar(key, inBrackets: false)
        let form = form(of: value, column: column + 2, room: column + text.count + 2, openLevels: openLevels)
        guard text.utf8.count <= Self.keyLengthLimit else {
            switch form {
            case .inline(let value): return ["? " + text, ": " + value]
            case .lines(let lines): return ["? " + text, ":"] + lines.map { "  " + $0 }
            }
        }
        switch form {
        case .inline(let value): return [text + ": " + value]
        case .lines(let lines): return [text + ":"] + lines.map { "  " + $0 }
        }
    }

    /// - Parameters:
    ///   - column: where lines of the value begin.
    ///   - room: where it begins on the line of its key.
    func form(of value: JSONValue, column: Int, room: Int, openLevels: Int = 0) -> Form {
        switch value {
        case .array(let elements) where !elements.isEmpty:
            if let text = short(value, room, openLevels) { return .inline(text) }
            return .lines(
                elements.flatMap { element -> [String] in
                    let form = form(of: element, column: column + 2, room: column + 2, openLevels: openLevels - 1)
                    switch form {
                    case .inline(let text): return ["- " + text]
                    case .lines(let lines):
                        return lines.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }
                    }
                })
        case .object(let members) where !members.isEmpty:
            if let text = short(value, room, openLevels) { return .inline(text) }
            return .lines(lines(of: members, column: column, openLevels: openLevels - 1))
        default: return .inline(flow(value, inBrackets: false))
        }
    }

    private func short(_ value: JSONValue, _ room: Int, _ openLevels: Int) -> String? {
        guard openLevels <= 0 else { return nil }
        let text = flow(value, inBrackets: false)
        return room + text.count <= Self.width ? text : nil
    }

    // MARK: Brackets

    /// The value on one line.
    func flow(_ value: JSONValue, inBrackets: Bool = true) -> String {
        switch value {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): number.text
        case .string(let string): scalar(string.value, inBrackets: inBrackets)
        case .array(let elements): "[" + elements.map { flow($0) }.joined(separator: ", ") + "]"
        case .object([]): "{}"
        case .object(let members):
            (isJSON ? "{" : "{ ")
                + members.map { flow(key: $0.key.value, $0.value) }.joined(separator: ", ")
                + (isJSON ? "}" : " }")
        }
    }

    func flow(key: String, _ value: JSONValue) -> String {
        let text = scalar(key, inBrackets: true)
        let isLong = text.utf8.count > Self.keyLengthLimit
        return (isLong ? "? " + text + " : " : text + ": ") + flow(value)
    }

    // MARK: Texts

    /// A text so that it is read as that text: plain where that is possible.
    func scalar(_ text: String, inBrackets: Bool) -> String {
        if !isJSON {
            if Self.isPlain(text, inBrackets: inBrackets) { return text }
            if Self.reads(inSingleQuotes: text) { return "'" + text + "'" }
        }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where Self.isVisible(scalar): quoted.unicodeScalars.append(scalar)
            default: quoted += Self.escape(scalar)
            }
        }
        return quoted + "\""
    }

    /// In the form that JSON knows too. What is not visible is below U+10000.
    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    /// Whether a character may stand for itself: YAML lets it pass, and it neither hides nor turns what is round it.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFFE, 0xFFFF: false
        case let value: value >= 0xA0
        }
    }

    private static func reads(inSingleQuotes text: String) -> Bool {
        text.unicodeScalars.contains { $0 == "\"" || $0 == "\\" }
            && text.unicodeScalars.allSatisfy { isVisible($0) && $0 != "'" }
    }

    /// Words that other readers of YAML take for something else than a text.
    private static let foreignWords: Set = ["yes", "no", "on", "off", "=", "<<"]

    private static func isPlain(_ text: String, inBrackets: Bool) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last, last != UInt8(ascii: " "), last != UInt8(ascii: ":"),
            isPlainStart(first, bytes.dropFirst().first), text.unicodeScalars.allSatisfy(isVisible)
        else { return false }
        for (byte, next) in zip(bytes, bytes.dropFirst()) {
            if byte == UInt8(ascii: ":"), next == UInt8(ascii: " ") || inBrackets && isIndicator(next) { return false }
            if byte == UInt8(ascii: " "), next == UInt8(ascii: "#") { return false }
        }
        guard !inBrackets || !bytes.contains(where: isIndicator) else { return false }
        guard case .string = YAMLDocument.value(ofPlain: text), !foreignWords.contains(text.lowercased()) else {
            return false
        }
        // Dates, times of day and numbers with underscores are also taken for something else.
        let isNumeric = (0x30...0x39).contains(first) || first == UInt8(ascii: "+")
        return !isNumeric || !bytes.allSatisfy { (0x30...0x39).contains($0) || "+-_.:TZtz ".utf8.contains($0) }
    }

    /// Whether a plain text may begin so, with room for what is ever added to YAML.
    private static func isPlainStart(_ first: UInt8, _ second: UInt8?) -> Bool {
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "."): second.map { $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A } ?? false
        case UInt8(ascii: "("), UInt8(ascii: "/"), UInt8(ascii: "_"), UInt8(ascii: "$"), UInt8(ascii: "+"),
            UInt8(ascii: "^"), UInt8(ascii: "<"), UInt8(ascii: "="), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"), 0x80...:
            true
        default: false
        }
    }

    /// What means something between brackets.
    private static func isIndicator(_ byte: UInt8) -> Bool { ",[]{}?\"'".utf8.contains(byte) }
}
