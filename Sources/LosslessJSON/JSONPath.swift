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
        var parser = JSONPathParser(text)
        elements = try parser.path()
    }

    /// The path in the form that `init(parsing:)` reads.
    package var text: String {
        var text = ""
        for element in elements {
            switch element {
            case .index(let index): text += "[\(index)]"
            case .key(let key) where JSONPath.isBare(key): text += text.isEmpty ? key : ".\(key)"
            case .key(let key): text += "[\"\(JSONString(key).escaped)\"]"
            }
        }
        return text
    }

    static func isBare(_ key: String) -> Bool { !key.isEmpty && key.utf8.allSatisfy(isBare) }

    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x80...: true
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "$"), UInt8(ascii: "@"): true
        default: false
        }
    }
}

/// What is wrong with the text of a path, and where.
package struct JSONPathError: Error, Hashable, Sendable, CustomStringConvertible {
    /// 1 for the first character.
    package let column: Int
    package let message: String

    package init(column: Int, message: String) {
        self.column = column
        self.message = message
    }

    package var description: String { "column \(column): \(message)" }
}

private struct JSONPathParser {
    private let text: String
    private let bytes: [UInt8]
    private var index = 0

    init(_ text: String) {
        self.text = text
        bytes = Array(text.utf8)
    }

    mutating func path() throws(JSONPathError) -> [JSONPath.Element] {
        guard !bytes.isEmpty else { throw fault("expected a path such as args[0].room") }
        var elements: [JSONPath.Element] = []
        while index < bytes.count {
            guard elements.count < JSONPath.depthLimit else {
                throw fault("a path has at most \(JSONPath.depthLimit) elements")
            }
            elements.append(try element(isFirst: elements.isEmpty))
        }
        return elements
    }

    private mutating func element(isFirst: Bool) throws(JSONPathError) -> JSONPath.Element {
        if peek == UInt8(ascii: "[") { return try bracket() }
        if !isFirst {
            guard peek == UInt8(ascii: ".") else { throw fault("expected . or [") }
            index += 1
        }
        let start = index
        while let byte = peek, JSONPath.isBare(byte) { index += 1 }
        guard index > start else { throw fault(#"expected a key; other characters stand in brackets: ["a key"]"#) }
        return .key(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func bracket() throws(JSONPathError) -> JSONPath.Element {
        index += 1
        let element: JSONPath.Element
        switch peek {
        case UInt8(ascii: "*"): throw fault("[*] is not built yet")
        case UInt8(ascii: "\""): element = .key(try quoted())
        default: element = .index(try number())
        }
        guard peek == UInt8(ascii: "]") else { throw fault("expected ]") }
        index += 1
        return element
    }

    private mutating func quoted() throws(JSONPathError) -> String {
        let start = index
        index += 1
        while let byte = peek, byte != UInt8(ascii: "\"") { index += byte == 0x5C ? 2 : 1 }
        guard index < bytes.count else {
            index = start
            throw fault("this quote is not closed")
        }
        index += 1
        guard let key = (try? JSONValue(parsing: Array(bytes[start..<index])))?.string else {
            index = start
            throw fault("expected a JSON string")
        }
        return key
    }

    private mutating func number() throws(JSONPathError) -> Int {
        let start = index
        while let byte = peek, (0x30...0x39).contains(byte) { index += 1 }
        guard index > start else { throw fault(#"expected an index or a key in quotes"#) }
        let digits = bytes[start..<index]
        guard digits.count == 1 || digits.first != 0x30, let number = Int(String(decoding: digits, as: UTF8.self))
        else {
            index = start
            throw fault("expected an index without leading zeros that fits 63 bits")
        }
        return number
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private func fault(_ message: String) -> JSONPathError {
        let before = String(decoding: bytes[..<min(index, bytes.count)], as: UTF8.self)
        return JSONPathError(column: before.count + 1, message: message)
    }
}
