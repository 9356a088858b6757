import LosslessJSON

/// The members of a map of which every key is known.
struct Members {
    let path: RulePath
    private let members: [JSONMember]

    init(
        _ json: JSONValue, at path: RulePath, known: [String], ignored: [String] = [], unbuilt: [String] = []
    ) throws(RuleError) {
        guard let members = json.members else { throw path.error("expected a map, found \(json.kindName)") }
        var seen: Set<String> = []
        for key in members.map(\.key.value) {
            guard seen.insert(key).inserted else { throw path.key(key).keyError("\(key) comes twice") }
            guard !unbuilt.contains(key) else { throw path.key(key).keyError("\(key) is not built yet") }
            guard !known.contains(key), !ignored.contains(key) else { continue }
            let suggestion = Suggestion.text(for: key, among: known)
            throw path.key(key).keyError("unknown key \(key)\(suggestion); expected \(known.joined(separator: ", "))")
        }
        self.path = path
        self.members = members
    }

    subscript(_ key: String) -> JSONValue? { members.first { $0.key.value == key }?.value }

    /// Nil for none and for null.
    func string(_ key: String) throws(RuleError) -> String? {
        guard let value = self[key], value != .null else { return nil }
        guard let string = value.string else {
            throw path.key(key).error("expected a text, found \(value.kindName); quotes make it one")
        }
        return string
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(RuleError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let integer = value.int, range.contains(integer) else {
            let bounds =
                range.upperBound == .max
                ? "from \(range.lowerBound) on" : "from \(range.lowerBound) to \(range.upperBound)"
            throw path.key(key).error("expected a whole number \(bounds), found \(value.text)")
        }
        return integer
    }

    func bool(_ key: String) throws(RuleError) -> Bool? {
        guard let value = self[key] else { return nil }
        guard let bool = value.bool else {
            throw path.key(key).error("expected true or false, found \(value.kindName)")
        }
        return bool
    }
}
