/// Why a filter could not be answered for one event: a regular expression that would have taken too much work on it.
package struct FilterFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The regular expression as it stands in the filter, such as `/(a+)+$/`.
    package let expression: String

    package init(expression: String) { self.expression = expression }

    package var description: String { "the regular expression \(expression) takes too much work" }
}
