import LosslessJSON
import NIOCore

/// When a rule acts on what its filter matches.
struct RuleConditions: Hashable, Sendable {
    /// How likely it acts, from 0 to 1.
    var probability = 1.0
    /// Makes chance repeatable: what is drawn for probability, jitter and order. Nil for what nobody can foresee.
    var seed: UInt64?
    /// How many times it acts at most.
    var times = Int.max
    /// How many matches it lets pass first.
    var after = 0
    /// Of the matches behind those it acts on each one whose number is a multiple of this.
    var every = 1
    /// For how long it acts, from the first match that it did not let pass.
    var duration: TimeAmount?

    static let keys = ["probability", "seed", "times", "after", "every", "for"]

    var isNone: Bool { self == RuleConditions(seed: seed) }

    init(seed: UInt64? = nil) { self.seed = seed }

    init(_ members: Members) throws(RuleError) {
        if let json = members["probability"] {
            guard case .number(let number) = json, (0...1).contains(number.double) else {
                throw members.path.key("probability").error("expected a number from 0 to 1, found \(json.text)")
            }
            probability = number.double
        }
        seed = try members.integer("seed", in: 0...Int.max).map { UInt64($0) }
        times = try members.integer("times", in: 1...Int.max) ?? .max
        after = try members.integer("after", in: 0...Int.max) ?? 0
        every = try members.integer("every", in: 1...Int.max) ?? 1
        if let json = members["for"] { duration = try RuleDuration.time(json, at: members.path.key("for")) }
    }
}
