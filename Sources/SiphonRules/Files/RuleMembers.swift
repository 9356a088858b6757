import LosslessJSON

/// The members of a rule as a file says them: what every rule has anyway is left out.
struct RuleMembers {
    let all: [JSONMember]

    init(_ rule: Rule) { all = rule.json.members ?? [] }

    subscript(_ key: String) -> JSONValue? { all.first { $0.key.value == key }?.value }

    /// What a rule says of itself that nobody wrote.
    private static let unwritten: [JSONMember] = {
        let rule = try? RuleParser.rule(from: ["when": "", "then": "drop"])
        return rule?.json.members?.filter { $0.key.value != "when" && $0.key.value != "then" } ?? []
    }()

    /// Those that a new rule is written with.
    var written: [JSONMember] { all.filter { !Self.unwritten.contains($0) } }

    /// How many levels of a value stand on lines of their own: actions do, one below the other.
    static func openLevels(ofKey key: String, _ value: JSONValue) -> Int {
        guard key == "then" else { return 0 }
        return if case .array = value { 2 } else { 1 }
    }
}
