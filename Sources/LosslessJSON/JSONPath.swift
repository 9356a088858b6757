/// Where a value lies in a JSON text, written `args[0].a["b.c"][1]`.
///
/// A bare key is made of letters, digits, `_`, `-`, `$` and `@`; any other key stands in brackets as a JSON string.
package struct JSONPath: Hashable, Sendable {
    package enum Element: Hashable, Sendable {
        case key(String)
        case index(Int)
    }

    /// Most elements a path may have.
    package static let depthLimit = 64

    package var elements: [Element]

    package init(_ elements: [Element]) { self.elements = elements }

    /// Reads `text`; at least one element, at most `depthLimit`.
    package init(parsing text: String) throws(JSONPathError) {
        var parser = JSONPathParser(text, allowsEach: false)
        elements = []
        for element in try parser.path() {
            switch element {
            case .key(let key): elements.append(.key(String(decoding: key, as: UTF8.self)))
            case .index(let index): elements.append(.index(index))
            case .each: preconditionFailure("a path that allows no [*] has none")
            }
        }
    }

    /// The path in the form that `init(parsing:)` reads.
    package var text: String {
        var text = ""
        for element in elements {
            switch element {
            case .index(let index): text += "[\(index)]"
            case .key(let key): text += Self.text(ofKey: key, isFirst: text.isEmpty)
            }
        }
        return text
    }

    static func text(ofKey key: String, isFirst: Bool) -> String {
        guard !key.isEmpty, key.utf8.allSatisfy(isBare) else { return "[\"\(JSONString(key).escaped)\"]" }
        return isFirst ? key : ".\(key)"
    }

    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "$"), UInt8(ascii: "@"): true
        default: false
        }
    }
}
