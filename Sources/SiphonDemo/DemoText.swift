/// Text of clients, made fit to be a name.
enum DemoText {
    /// Whether it has at most so many Unicode scalars. Looks at no more of it than that.
    static func fits(_ text: String, scalars limit: Int) -> Bool {
        text.unicodeScalars.prefix(limit + 1).count <= limit
    }

    /// One line without white space at its ends, without what has no width or turns the writing around.
    static func name(_ text: String, scalars limit: Int) -> String {
        let bounded = Array(text.unicodeScalars.prefix(4 * limit)).filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: false
            default: true
            }
        }
        let kept = trimmed(bounded[...]).prefix(limit)
        return String(String.UnicodeScalarView(trimmed(kept)))
    }

    private static func trimmed(_ scalars: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        var rest = scalars.drop(while: \.properties.isWhitespace)
        while rest.last?.properties.isWhitespace == true { rest.removeLast() }
        return rest
    }

    static func isBlank(_ text: String) -> Bool { text.unicodeScalars.allSatisfy(\.properties.isWhitespace) }
}
