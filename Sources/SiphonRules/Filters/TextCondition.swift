/// A value of `event:` or `mark:`.
package enum TextCondition: Hashable, Sendable {
    case pattern(TextPattern)
    case expression(RegularExpression)

    func matches(_ text: String, _ reading: inout EventReading) -> Bool {
        switch self {
        case .pattern(let pattern): return pattern.matches(text)
        case .expression(let expression):
            var text = text
            return text.withUTF8 { reading.matches(expression, UnsafeRawBufferPointer($0)) }
        }
    }

    var hasExpression: Bool {
        if case .expression = self { true } else { false }
    }
}
