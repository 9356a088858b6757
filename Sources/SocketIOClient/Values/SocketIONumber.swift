import LosslessJSON

/// A number with its text on the wire, such as `1.0`, `1e3` or `12345678901234567890`.
///
/// `==` compares the text: `1` and `1.0` differ.
public struct SocketIONumber: Hashable, Sendable, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    CustomStringConvertible
{
    /// The number as it is on the wire (RFC 8259, section 6).
    public let text: String

    /// `text` must be a number in the grammar of RFC 8259, section 6.
    init(validated text: String) { self.text = text }

    /// Nil if `text` is not a number in JSON's grammar: `+1`, `.5`, `0x10` or `NaN`, for example.
    public init?(text: String) {
        guard let first = text.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first),
            let last = text.utf8.last, (0x30...0x39).contains(last)
        else { return nil }
        var copy = text
        guard copy.withUTF8({ (try? JSONParser.validate(UnsafeRawBufferPointer($0))) != nil }) else { return nil }
        self.text = text
    }

    public init(_ value: some BinaryInteger) { text = String(value) }

    /// A number that JSON cannot write (infinity, not a number) becomes 0.
    public init(_ value: Double) { text = JSONNumber(value).text }

    public init(integerLiteral value: Int) { self.init(value) }

    public init(floatLiteral value: Double) { self.init(value) }

    /// The nearest double; infinite for `1e400`.
    public var double: Double { Double(text) ?? 0 }

    /// The value, if it is written as an integer that fits an `Int`.
    public var int: Int? { Int(text) }

    public var description: String { text }
}
