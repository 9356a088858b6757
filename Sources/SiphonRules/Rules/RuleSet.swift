/// Rules in order; never changed, only swapped for another.
final class RuleSet: Sendable {
    let entries: [RuleEntry]
    let enabled: [RuleEntry]
    /// The filters of `enabled`: all that is asked of a packet that no rule wants.
    let gate: FilterGate

    init(_ entries: [RuleEntry] = []) {
        self.entries = entries
        enabled = entries.filter(\.isEnabled)
        gate = FilterGate(enabled.map(\.rule.when))
    }
}
