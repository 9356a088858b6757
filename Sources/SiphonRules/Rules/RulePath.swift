import LosslessJSON

/// Where in a rule something stands, for messages and to find its line.
struct RulePath: Hashable, Sendable {
    let text: String

    init(_ text: String = "") { self.text = text }

    func key(_ key: String) -> RulePath {
        let isWord =
            !key.isEmpty && key.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
        if isWord { return RulePath(text.isEmpty ? key : "\(text).\(key)") }
        return RulePath("\(text)[\"\(JSONString(key).escaped)\"]")
    }

    func index(_ index: Int) -> RulePath { RulePath("\(text)[\(index)]") }

    func error(_ message: String, filterColumn: Int? = nil) -> RuleError {
        RuleError(
            path: text, message: message, line: nil, column: nil, filterColumn: filterColumn, isAboutKey: false)
    }

    /// An error about the key that the path ends with.
    func keyError(_ message: String) -> RuleError {
        RuleError(path: text, message: message, line: nil, column: nil, filterColumn: nil, isAboutKey: true)
    }
}
