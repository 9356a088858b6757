/// What is wrong with a rule, and where.
package struct RuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where in the rule or the file, such as `rules[0].then[0].set["args[0].room"]`; empty for the whole.
    package let path: String
    package let message: String
    /// In the file, 1 for the first; nil where the rule came from no file.
    package internal(set) var line: Int?
    /// In the line, 1 for the first.
    package internal(set) var column: Int?
    /// For an error in a filter: the column there.
    let filterColumn: Int?
    /// Whether it is about the key at the end of `path`, not its value.
    let isAboutKey: Bool

    package init(path: String, message: String, line: Int? = nil, column: Int? = nil) {
        self.init(path: path, message: message, line: line, column: column, filterColumn: nil, isAboutKey: false)
    }

    init(path: String, message: String, line: Int?, column: Int?, filterColumn: Int?, isAboutKey: Bool) {
        self.path = path
        self.message = message
        self.line = line
        self.column = column
        self.filterColumn = filterColumn
        self.isAboutKey = isAboutKey
    }

    package var description: String {
        let place = line.map { "line \($0), column \(column ?? 1): " } ?? ""
        return place + (path.isEmpty ? message : "\(path): \(message)")
    }
}
