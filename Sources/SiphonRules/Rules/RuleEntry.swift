import SiphonCore

/// A rule in a set. The count is shared by all sets that the rule is in.
struct RuleEntry: Sendable {
    let id: RuleID
    let rule: Rule
    let source: RuleSource
    let hits: RuleHits

    func replacing(_ rule: Rule) -> RuleEntry {
        RuleEntry(id: id, rule: rule, source: source, hits: rule.actsLike(self.rule) ? hits : RuleHits())
    }

    var status: RuleStatus { RuleStatus(id: id, rule: rule, source: source, hits: hits.number, lastHit: hits.last) }
}
