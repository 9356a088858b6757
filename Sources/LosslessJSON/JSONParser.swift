/// Reads JSON (RFC 8259) without recursion deeper than `depthLimit` and without trusting a byte.
package struct JSONParser {
    /// Deepest nesting of lists and maps that is read.
    package static let defaultDepthLimit = 512
    /// Most values in one text that are read.
    package static let defaultValueLimit = 1_000_000

    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var index = 0
    private var depthLeft: Int
    private var valuesLeft: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>, depthLimit: Int, valueLimit: Int) {
        self.bytes = bytes
        depthLeft = depthLimit
        valuesLeft = valueLimit
    }

    /// Reads the one value that `bytes` holds.
    package static func parse(
        _ bytes: UnsafeRawBufferPointer, depthLimit: Int = defaultDepthLimit, valueLimit: Int = defaultValueLimit
    ) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes.bindMemory(to: UInt8.self), depthLimit: depthLimit, valueLimit: valueLimit)
        let value = try parser.value()
        try parser.expectEnd()
        return value
    }

    /// Checks that `bytes` is one JSON value, without building it.
    package static func validate(
        _ bytes: UnsafeRawBufferPointer, depthLimit: Int = defaultDepthLimit, valueLimit: Int = .max
    ) throws(JSONError) {
        var parser = JSONParser(bytes.bindMemory(to: UInt8.self), depthLimit: depthLimit, valueLimit: valueLimit)
        parser.skipSpace()
        try parser.skipValue()
        try parser.expectEnd()
    }

    /// The byte ranges of the elements of the list that `bytes` holds, without the space around them.
    package static func elements(
        of bytes: UnsafeRawBufferPointer, depthLimit: Int = defaultDepthLimit
    ) throws(JSONError) -> [Range<Int>] {
        var parser = JSONParser(bytes.bindMemory(to: UInt8.self), depthLimit: depthLimit, valueLimit: .max)
        parser.skipSpace()
        guard parser.peek == UInt8(ascii: "[") else { throw parser.unexpected() }
        var ranges: [Range<Int>] = []
        try parser.enter()
        while try parser.nextElement(first: ranges.isEmpty, end: UInt8(ascii: "]")) {
            let start = parser.index
            try parser.skipValue()
            ranges.append(start..<parser.index)
        }
        try parser.expectEnd()
        return ranges
    }

    // MARK: Values

    private mutating func value() throws(JSONError) -> JSONValue {
        skipSpace()
        try count()
        switch peek {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"): try skipLiteral("true"); return .bool(true)
        case UInt8(ascii: "f"): try skipLiteral("false"); return .bool(false)
        case UInt8(ascii: "n"): try skipLiteral("null"); return .null
        default: return .number(try number())
        }
    }

    private mutating func string() throws(JSONError) -> JSONString {
        let start = index + 1
        try skipString()
        return JSONString(validatedEscaped: String(decoding: bytes[start..<index - 1], as: UTF8.self))
    }

    private mutating func number() throws(JSONError) -> JSONNumber {
        let start = index
        try skipNumber()
        return JSONNumber(validated: String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        try enter()
        var elements: [JSONValue] = []
        while try nextElement(first: elements.isEmpty, end: UInt8(ascii: "]")) { elements.append(try value()) }
        return .array(elements)
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        try enter()
        var members: [JSONMember] = []
        while try nextElement(first: members.isEmpty, end: UInt8(ascii: "}")) {
            let key = try string()
            try skipColon()
            members.append(JSONMember(key, try value()))
        }
        return .object(members)
    }

    // MARK: Skipping

    private mutating func skipValue() throws(JSONError) {
        try count()
        switch peek {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "t"): try skipLiteral("true")
        case UInt8(ascii: "f"): try skipLiteral("false")
        case UInt8(ascii: "n"): try skipLiteral("null")
        case UInt8(ascii: "["):
            try enter()
            var first = true
            while try nextElement(first: first, end: UInt8(ascii: "]")) {
                first = false
                try skipValue()
            }
        case UInt8(ascii: "{"):
            try enter()
            var first = true
            while try nextElement(first: first, end: UInt8(ascii: "}")) {
                first = false
                try skipString()
                try skipColon()
                skipSpace()
                try skipValue()
            }
        default: try skipNumber()
        }
    }

    mutating func skipColon() throws(JSONError) {
        skipSpace()
        guard peek == UInt8(ascii: ":") else { throw unexpected() }
        index += 1
    }

    /// Goes one level deeper, past the opening bracket.
    mutating func enter() throws(JSONError) {
        guard depthLeft > 0 else { throw JSONError(.tooDeep, at: index) }
        depthLeft -= 1
        index += 1
    }

    /// Stands on the next element after this, or past the closing bracket, one level up, and returns false. What comes
    /// after a comma may still be no element.
    mutating func nextElement(first: Bool, end: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        if peek == end {
            index += 1
            depthLeft += 1
            return false
        }
        guard !first else { return true }
        guard peek == UInt8(ascii: ",") else { throw unexpected() }
        index += 1
        skipSpace()
        return true
    }

    mutating func skipString() throws(JSONError) {
        guard peek == UInt8(ascii: "\"") else { throw unexpected() }
        let start = index + 1
        index = start
        var isASCII = true
        while let byte = peek, byte != UInt8(ascii: "\"") {
            if byte == 0x5C {
                try skipEscape()
                continue
            }
            guard byte >= 0x20 else { throw JSONError(.controlCharacter, at: index) }
            isASCII = isASCII && byte < 0x80
            index += 1
        }
        guard index < bytes.count else { throw JSONError(.unexpectedEnd, at: index) }
        if !isASCII { try checkUTF8(start..<index) }
        index += 1
    }

    private func checkUTF8(_ range: Range<Int>) throws(JSONError) {
        guard String(validating: bytes[range], as: UTF8.self) != nil else {
            throw JSONError(.badUTF8, at: range.lowerBound)
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard index + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), 0x5C, UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
        case UInt8(ascii: "u"):
            guard JSONEscapes.hex4(bytes, at: index + 2) != nil else { throw faultInEscape() }
            index += 6
        default: throw JSONError(.badEscape, at: index)
        }
    }

    /// Cut by the end of the text, or wrong before it.
    private func faultInEscape() -> JSONError {
        let digits = bytes[(index + 2)...].prefix(4)
        let isCut = digits.count < 4 && digits.allSatisfy { JSONEscapes.hexDigit($0) != nil }
        return isCut ? JSONError(.unexpectedEnd, at: bytes.count) : JSONError(.badEscape, at: index)
    }

    mutating func skipNumber() throws(JSONError) {
        guard let first = peek else { throw JSONError(.unexpectedEnd, at: index) }
        guard first == UInt8(ascii: "-") || isDigit else { throw unexpected() }
        if first == UInt8(ascii: "-") { index += 1 }
        if peek == UInt8(ascii: "0") { index += 1 } else { try skipDigits() }
        if peek == UInt8(ascii: ".") {
            index += 1
            try skipDigits()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try skipDigits()
        }
    }

    private mutating func skipDigits() throws(JSONError) {
        guard let byte = peek else { throw unexpected() }
        guard (0x30...0x39).contains(byte) else { throw JSONError(.badNumber, at: index) }
        while isDigit { index += 1 }
    }

    mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        let length = literal.utf8CodeUnitCount
        for offset in 0..<length {
            guard index + offset < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
            guard bytes[index + offset] == literal.utf8Start[offset] else {
                throw JSONError(.unexpectedByte, at: index + offset)
            }
        }
        index += length
    }

    mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    // MARK: Looking

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private var isDigit: Bool { peek.map { (0x30...0x39).contains($0) } ?? false }

    mutating func count() throws(JSONError) {
        guard valuesLeft > 0 else { throw JSONError(.tooManyValues, at: index) }
        valuesLeft -= 1
    }

    func unexpected() -> JSONError {
        JSONError(index < bytes.count ? .unexpectedByte : .unexpectedEnd, at: index)
    }

    mutating func expectEnd() throws(JSONError) {
        skipSpace()
        guard index == bytes.count else { throw JSONError(.trailingBytes, at: index) }
    }
}

extension JSONValue {
    package init(parsing text: String) throws(JSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        self = try bytes.withUnsafeBytes { raw in
            Result { () throws(JSONError) in try JSONParser.parse(raw) }
        }.get()
    }
}
