/// A string in its escaped form: what stood between the quotes.
package struct JSONString: Hashable, Sendable, ExpressibleByStringLiteral {
    /// The source text between the quotes, escapes as they were.
    package let escaped: String

    init(validatedEscaped escaped: String) { self.escaped = escaped }

    package init(_ value: String) { escaped = JSONEscapes.escape(value) }

    /// Text that a peer sent between quotes and that nobody has checked: broken escapes read as U+FFFD.
    package init(escapedOnWire escaped: String) { self.escaped = escaped }

    package init(stringLiteral value: String) { self.init(value) }

    /// The string that the text means. A lone surrogate, which no Swift string holds, reads as U+FFFD.
    package var value: String { JSONEscapes.unescape(escaped) }
}
