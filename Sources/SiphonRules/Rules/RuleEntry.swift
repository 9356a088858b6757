import SiphonCore

/// A rule in a set. What it has done is shared by all sets that the rule is in.
struct RuleEntry: Sendable {
    let id: RuleID
    /// As it was asked for.
    let rule: Rule
    var source: RuleSource
    let activity: RuleActivity
    /// Whether Siphon disabled it, since its filter could not be answered.
    var isOff = false

    var isEnabled: Bool { rule.enabled && !isOff }

    /// By somebody who means it: what Siphon disabled is in force again.
    func replacing(_ rule: Rule) -> RuleEntry {
        let activity = rule.actsLike(self.rule) ? activity : rule.makeActivity()
        if isOff { activity.note(problem: nil) }
        return RuleEntry(id: id, rule: rule, source: source, activity: activity)
    }

    /// By one of a file that does the same.
    func rereading(_ rule: Rule) -> RuleEntry {
        RuleEntry(id: id, rule: rule, source: source, activity: activity, isOff: isOff)
    }

    var status: RuleStatus {
        RuleStatus(
            id: id, rule: rule, isEnabled: isEnabled, source: source, hits: activity.hits, lastHit: activity.lastHit,
            error: activity.problem)
    }
}
