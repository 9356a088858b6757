import LosslessJSON

/// Where in a rule something stands, for messages and to find its line. A step costs the same however long the path and
/// its keys are; the text is made where it is asked for.
indirect enum RulePath: Sendable {
    case root
    case member(of: RulePath, String)
    case element(of: RulePath, Int)

    func key(_ key: String) -> RulePath { .member(of: self, key) }

    func index(_ index: Int) -> RulePath { .element(of: self, index) }

    /// Such as `rules[0].then[0].set["args[0].room"]`.
    var text: String {
        switch self {
        case .root: return ""
        case .member(let outer, let key):
            let before = outer.text
            return before + Self.text(ofKey: key, isFirst: before.isEmpty)
        case .element(let outer, let index): return outer.text + Self.text(ofIndex: index)
        }
    }

    /// What a key adds to the text; nothing that a key adds begins with what another adds.
    static func text(ofKey key: String, isFirst: Bool) -> String {
        let isWord =
            !key.isEmpty && key.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A }
        guard isWord else { return "[\"\(JSONString(key).escaped)\"]" }
        return isFirst ? key : ".\(key)"
    }

    static func text(ofIndex index: Int) -> String { "[\(index)]" }

    func error(_ message: String, filterColumn: Int? = nil) -> RuleError {
        RuleError(
            path: text, message: message, line: nil, column: nil, filterColumn: filterColumn, isAboutKey: false)
    }

    /// An error about the key that the path ends with.
    func keyError(_ message: String) -> RuleError {
        RuleError(path: text, message: message, line: nil, column: nil, filterColumn: nil, isAboutKey: true)
    }
}
