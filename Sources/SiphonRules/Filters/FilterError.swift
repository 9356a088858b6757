/// What is wrong with the text of a filter, where, and what was expected there.
package struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    /// In characters, 1 for the first; one past the last where the text ends too early.
    package let column: Int
    package let message: String
    /// What may stand there, in words, such as `client or upstream`.
    package let expected: String

    package init(column: Int, message: String, expected: String) {
        self.column = column
        self.message = message
        self.expected = expected
    }

    package var description: String { "column \(column): \(message); expected \(expected)" }
}
