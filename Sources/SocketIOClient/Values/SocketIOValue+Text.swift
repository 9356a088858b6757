import LosslessJSON

extension SocketIOValue {
    /// Reads one JSON text, in which `{"$binary":"<base64>"}` (standard alphabet, with padding) stands for bytes.
    ///
    /// - Throws: `decoding` for text that is not JSON, nests lists and objects more than 512 deep or holds more than a
    ///   million values, and for a `$binary` whose string is not base64.
    public init(json text: String) throws(SocketIOClientError) {
        var text = text
        self = try text.withUTF8 { bytes in
            Result { () throws(SocketIOClientError) in
                try ValueReader.read(UnsafeRawBufferPointer(bytes), binaries: .base64) { JSONPath($0).text }
            }
        }.get()
    }

    /// The value as compact JSON that `init(json:)` reads, with `{"$binary":"<base64>"}` for bytes.
    public var jsonText: String { text(binaries: .base64) }

    private func text(binaries: ValueWriter.Binaries) -> String {
        var writer = ValueWriter(binaries: binaries)
        _ = writer.write(self, depthLimit: .max)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension SocketIOValue: CustomStringConvertible {
    /// The value as compact JSON, with `<binary 12 bytes>` for bytes.
    public var description: String { text(binaries: .size) }
}

extension SocketIOObject: CustomStringConvertible {
    public var description: String { SocketIOValue.object(self).description }
}

// MARK: What error messages say

extension SocketIOValue {
    /// What was found where something else was expected: `the string "x"`.
    var found: String {
        switch self {
        case .null: "null"
        case .bool(let bool): "the boolean \(bool)"
        case .number(let number): "the number \(number.text.cut(to: 40))"
        case .string(let string): "the string \"\(JSONString(string.cut(to: 40)).escaped)\""
        case .binary(let bytes): "binary data of \(bytes.count) bytes"
        case .array(let elements): "a list of \(elements.count)"
        case .object: "an object"
        }
    }
}

extension String {
    /// At most `count` scalars (one character may be of any length), with `…` for what is left out.
    func cut(to count: Int) -> String {
        guard let end = unicodeScalars.index(startIndex, offsetBy: count, limitedBy: endIndex), end < endIndex else {
            return self
        }
        return String(unicodeScalars[..<end]) + "…"
    }
}
