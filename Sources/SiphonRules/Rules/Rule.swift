package import LosslessJSON

/// When a filter matches, what is done. Rules run in order; a rule sees what the rules before it made of the event.
///
/// A rule *acts* when at least one of its actions does something. Only then it is counted and named with the event,
/// and only then `stop` keeps later rules from running.
package struct Rule: Hashable, Sendable {
    package var name: String?
    package var when: Filter
    /// At least one.
    package var then: [Action]
    package var enabled: Bool
    /// Whether later rules are left out once this one has acted.
    package var stop: Bool
    /// `then` as it was written; nil for a rule made in code.
    private var thenAsWritten: JSONValue?

    package init(name: String? = nil, when: Filter, then: [Action], enabled: Bool = true, stop: Bool = false) {
        self.init(name: name, when: when, then: then, enabled: enabled, stop: stop, thenAsWritten: nil)
    }

    init(name: String?, when: Filter, then: [Action], enabled: Bool, stop: Bool, thenAsWritten: JSONValue?) {
        self.name = name
        self.when = when
        self.then = then
        self.enabled = enabled
        self.stop = stop
        self.thenAsWritten = thenAsWritten
    }

    /// The rule as the API shows it: `{"name", "when", "then", "enabled", "stop"}`, filter and actions as they were
    /// written.
    package var json: JSONValue { .object(jsonMembers) }

    var jsonMembers: [JSONMember] {
        [
            JSONMember("name", name.map { JSONValue($0) } ?? .null),
            JSONMember("when", JSONValue(when.source)),
            JSONMember("then", thenAsWritten ?? .array(then.map(\.json))),
            JSONMember("enabled", .bool(enabled)),
            JSONMember("stop", .bool(stop)),
        ]
    }

    /// Whether both do the same, so that hits of the one are hits of the other.
    func actsLike(_ other: Rule) -> Bool { when == other.when && then == other.then && stop == other.stop }

    package static func == (left: Self, right: Self) -> Bool {
        left.name == right.name && left.enabled == right.enabled && left.actsLike(right)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(when)
        hasher.combine(then)
        hasher.combine(enabled)
        hasher.combine(stop)
    }
}
