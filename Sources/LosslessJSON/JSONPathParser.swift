/// Reads the text of a path, with or without `[*]`.
struct JSONPathParser {
    private let bytes: [UInt8]
    private let allowsEach: Bool
    private var index = 0

    init(_ text: String, allowsEach: Bool) {
        bytes = Array(text.utf8)
        self.allowsEach = allowsEach
    }

    mutating func path() throws(JSONPathError) -> [JSONPathPattern.Element] {
        guard !bytes.isEmpty else { throw fault("expected a path such as args[0].room") }
        var elements: [JSONPathPattern.Element] = []
        while index < bytes.count {
            guard elements.count < JSONPath.depthLimit else {
                throw fault("a path has at most \(JSONPath.depthLimit) elements")
            }
            elements.append(try element(isFirst: elements.isEmpty))
        }
        return elements
    }

    private mutating func element(isFirst: Bool) throws(JSONPathError) -> JSONPathPattern.Element {
        if peek == UInt8(ascii: "[") { return try bracket() }
        if !isFirst {
            guard peek == UInt8(ascii: ".") else { throw fault("expected . or [") }
            index += 1
        }
        let start = index
        while let byte = peek, JSONPath.isBare(byte) { index += 1 }
        guard index > start else { throw fault(#"expected a key; other characters stand in brackets: ["a key"]"#) }
        return .key(Array(bytes[start..<index]))
    }

    private mutating func bracket() throws(JSONPathError) -> JSONPathPattern.Element {
        index += 1
        let element: JSONPathPattern.Element
        switch peek {
        case UInt8(ascii: "*") where allowsEach:
            index += 1
            element = .each
        case UInt8(ascii: "*"): throw fault("[*] is for filters; here one place is meant, such as [0]")
        case UInt8(ascii: "\""): element = .key(Array(try quoted().utf8))
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
        guard index > start else { throw fault("expected an index\(allowsEach ? ", *" : "") or a key in quotes") }
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
