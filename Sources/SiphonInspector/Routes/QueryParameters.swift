/// The parameters of a request's query, each at most once and each one known.
struct QueryParameters: Sendable {
    private let values: [String: String]

    /// - Parameter known: what the route takes; anything else is refused by name, never ignored.
    init(_ request: InspectorRequest, known: Set<String> = []) throws(InspectorError) {
        var values: [String: String] = [:]
        for pair in (request.rawQuery ?? "").split(separator: "&") {
            let name = try Self.decode(pair.prefix { $0 != "=" }, of: "a parameter's name")
            guard known.contains(name) else {
                throw InspectorError(.invalid, "there is no query parameter '\(name.prefix(64))' here")
            }
            guard values[name] == nil else { throw InspectorError(.invalid, "'\(name)' is there twice") }
            let equals = pair.firstIndex(of: "=")
            values[name] = try Self.decode(equals.map { pair[pair.index(after: $0)...] } ?? "", of: "'\(name)'")
        }
        self.values = values
    }

    subscript(_ name: String) -> String? { values[name] }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(InspectorError) -> Int? {
        guard let text = values[name] else { return nil }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), range.contains(number)
        else {
            throw InspectorError(
                .invalid, "'\(name)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The value as `read` reads it; `expected` says what it should have been.
    func value<Value>(
        _ name: String, _ expected: String, _ read: (String) -> Value?
    ) throws(InspectorError) -> Value? {
        guard let text = values[name] else { return nil }
        guard let value = read(text) else { throw InspectorError(.invalid, "'\(name)' must be \(expected)") }
        return value
    }

    /// Resolves escapes as forms have them: `%41` and `+`.
    private static func decode(_ text: Substring, of what: String) throws(InspectorError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                    throw InspectorError(.invalid, "\(what) has a broken escape")
                }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard !bytes.contains(0), let decoded = String(validating: bytes, as: UTF8.self) else {
            throw InspectorError(.invalid, "\(what) is no text")
        }
        return decoded
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
