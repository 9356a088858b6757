package import LosslessJSON

/// When a filter matches, what is done. Rules run in order; a rule sees what the rules before it made of the event.
///
/// A rule *acts* when at least one of its actions does something. Only then it is counted and named with the event,
/// and only then `stop` keeps later rules from running.
package struct Rule: Hashable, Sendable {
    package var name: String?
    package var when: Filter
    /// At least one.
    let then: [Action]
    package var enabled: Bool
    /// Whether later rules are left out once this one has acted.
    package var stop: Bool
    let conditions: RuleConditions
    /// `then` and the conditions as they were written.
    private let written: [JSONMember]

    /// - Parameter written: `then` and the conditions that were given, as they were written.
    init(
        name: String?, when: Filter, then: [Action], enabled: Bool, stop: Bool, conditions: RuleConditions,
        written: [JSONMember]
    ) {
        self.name = name
        self.when = when
        self.then = then
        self.enabled = enabled
        self.stop = stop
        self.conditions = conditions
        self.written = written
    }

    /// The rule as the API shows it: `{"name", "when", "then", "enabled", "stop"}` and the conditions that it has,
    /// filter, actions and conditions as they were written.
    package var json: JSONValue { .object(jsonMembers(isEnabled: enabled)) }

    func jsonMembers(isEnabled: Bool) -> [JSONMember] {
        [
            JSONMember("name", name.map { JSONValue($0) } ?? .null),
            JSONMember("when", JSONValue(when.source)),
        ] + written.filter { $0.key.value == "then" } + [
            JSONMember("enabled", .bool(isEnabled)),
            JSONMember("stop", .bool(stop)),
        ] + written.filter { $0.key.value != "then" }
    }

    /// What it has done so far: nothing.
    func makeActivity() -> RuleActivity {
        let reorderSeeds = then.compactMap { action in if case .reorder(_, let seed) = action { seed } else { nil } }
        return RuleActivity(seed: conditions.seed, reorderSeed: reorderSeeds.first)
    }

    /// Whether both do the same, so that hits of the one are hits of the other.
    func actsLike(_ other: Rule) -> Bool {
        when == other.when && then == other.then && stop == other.stop && conditions == other.conditions
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.enabled == right.enabled && left.actsLike(right)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(when)
        hasher.combine(then)
        hasher.combine(enabled)
        hasher.combine(stop)
        hasher.combine(conditions)
    }
}
