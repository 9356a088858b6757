import NIOConcurrencyHelpers
import NIOCore
import SiphonCore
import Synchronization

/// What one rule has done so far, counted from any thread.
final class RuleActivity: Sendable {
    private struct State {
        var matches = 0
        var acts = 0
        var firstMatch: NIODeadline?
        var chance: Chance
        var ranks: Chance
        var problem: String?
    }

    private let counter = Atomic<Int>(0)
    private let numbers = Atomic<Int>(0)
    private let hasProblem = Atomic(false)
    private let lastTime = Atomic<Int64>(.min)
    private let state: NIOLockedValueBox<State>

    init(seed: UInt64? = nil, reorderSeed: UInt64? = nil) {
        state = NIOLockedValueBox(State(chance: Chance(seed: seed), ranks: Chance(seed: reorderSeed ?? seed)))
    }

    // MARK: Hits

    func count(at time: Int64) {
        counter.wrappingAdd(1, ordering: .relaxed)
        lastTime.max(time, ordering: .relaxed)
    }

    var hits: Int { counter.load(ordering: .relaxed) }

    /// Nanoseconds since 1970, UTC; nil for never.
    var lastHit: Int64? {
        let time = lastTime.load(ordering: .relaxed)
        return time == .min ? nil : time
    }

    /// The next of 1, 2, 3 and on: each is given once.
    func takeNumber() -> Int { numbers.wrappingAdd(1, ordering: .relaxed).newValue }

    /// The number was not used. Where another has been given meanwhile it stays out.
    func giveBack(number: Int) {
        _ = numbers.compareExchange(expected: number, desired: number - 1, ordering: .relaxed)
    }

    // MARK: Problems

    /// What kept the rule from doing what it says when it last tried; nil for nothing.
    var problem: String? { state.withLockedValue { $0.problem } }

    func note(problem: String?) {
        state.withLockedValue { $0.problem = problem }
        hasProblem.store(problem != nil, ordering: .relaxed)
    }

    /// To be called before the rule tries again.
    func forgetProblem() { if hasProblem.load(ordering: .relaxed) { note(problem: nil) } }

    // MARK: Conditions

    /// Counts a match and says whether the rule acts on it. Where it then does nothing, `giveBack()` makes up for it.
    func admits(_ conditions: RuleConditions, at now: NIODeadline) -> Bool {
        guard !conditions.isNone else { return true }
        return state.withLockedValue { state in
            state.matches += 1
            guard state.matches > conditions.after else { return false }
            let first = state.firstMatch ?? now
            state.firstMatch = first
            if let duration = conditions.duration, now - first > duration { return false }
            guard (state.matches - conditions.after) % conditions.every == 0, state.acts < conditions.times,
                conditions.probability >= 1 || state.chance.fraction() < conditions.probability
            else { return false }
            state.acts += 1
            return true
        }
    }

    func giveBack(_ conditions: RuleConditions) {
        guard !conditions.isNone else { return }
        state.withLockedValue { $0.acts -= 1 }
    }

    // MARK: Time and order

    /// The time give or take up to `jitter`, not below zero.
    func delay(_ time: TimeAmount, jitter: TimeAmount) -> TimeAmount {
        guard jitter > .zero else { return time }
        let fraction = state.withLockedValue { $0.chance.fraction() }
        let nanoseconds = Double(time.nanoseconds) + Double(jitter.nanoseconds) * (2 * fraction - 1)
        return .nanoseconds(max(0, Int64(nanoseconds)))
    }

    func rank() -> UInt64 { state.withLockedValue { $0.ranks.next() } }
}

/// Numbers that nobody can foresee, or with a seed always the same ones (SplitMix64).
private struct Chance: RandomNumberGenerator {
    private var state: UInt64?

    init(seed: UInt64?) { state = seed }

    mutating func next() -> UInt64 {
        guard let last = state else { return .random(in: .min ... .max) }
        let number = last &+ 0x9E37_79B9_7F4A_7C15
        state = number
        var mixed = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// From 0 up to but not 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}
