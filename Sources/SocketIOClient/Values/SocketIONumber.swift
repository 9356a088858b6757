import LosslessJSON

/// A number with the text that stood, or will stand, on the wire, such as `1.0`, `1e3` or `12345678901234567890`.
///
/// `==` compares the text: `1` and `1.0` differ.
public struct SocketIONumber: Hashable, Sendable {
    let json: JSONNumber

    init(_ json: JSONNumber) { self.json = json }

    public init(_ value: Int) { json = JSONNumber(value) }

    /// A number that JSON cannot write (infinity, not a number) becomes 0.
    public init(_ value: Double) { json = JSONNumber(value) }

    /// As on the wire (RFC 8259, section 6).
    public var text: String { json.text }

    /// The nearest double; infinite for `1e400`.
    public var double: Double { json.double }

    /// The value where it is written as an integer that an `Int` holds.
    public var int: Int? { json.int }
}
