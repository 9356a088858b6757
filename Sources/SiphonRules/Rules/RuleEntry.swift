import SiphonCore

/// A rule in a set. What it has done is shared by all sets that the rule is in.
struct RuleEntry: Sendable {
    let id: RuleID
    let rule: Rule
    var source: RuleSource
    let activity: RuleActivity

    func replacing(_ rule: Rule) -> RuleEntry {
        if rule.enabled, !self.rule.enabled { activity.note(problem: nil) }
        let activity = rule.actsLike(self.rule) ? activity : rule.makeActivity()
        return RuleEntry(id: id, rule: rule, source: source, activity: activity)
    }

    var status: RuleStatus {
        RuleStatus(
            id: id, rule: rule, source: source, hits: activity.hits, lastHit: activity.lastHit,
            error: activity.problem)
    }
}
