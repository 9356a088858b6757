/// The text of a number as it stood on the wire, such as `1.0`, `1e3` or `12345678901234567890`.
package struct JSONNumber: Hashable, Sendable {
    package let text: String

    /// `text` must be a number in the grammar of RFC 8259, section 6; the parser makes sure of it.
    init(validated text: String) { self.text = text }

    package init(_ value: Int) { text = String(value) }

    /// A number that JSON cannot write (infinity, not a number) becomes 0.
    package init(_ value: Double) { text = value.isFinite ? "\(value)" : "0" }

    /// The nearest double; infinite for `1e400`.
    package var double: Double { Double(text) ?? 0 }

    /// The value where it is written as an integer that an `Int` holds.
    package var int: Int? { Int(text) }
}
