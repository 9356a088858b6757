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
