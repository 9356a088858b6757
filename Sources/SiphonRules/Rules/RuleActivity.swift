import Synchronization

/// How often and when last a rule acted, counted from any thread.
final class RuleHits: Sendable {
    private let counter = Atomic<Int>(0)
    private let lastTime = Atomic<Int64>(.min)

    func count(at time: Int64) {
        counter.wrappingAdd(1, ordering: .relaxed)
        lastTime.max(time, ordering: .relaxed)
    }

    var number: Int { counter.load(ordering: .relaxed) }

    /// Nil for never.
    var last: Int64? {
        let time = lastTime.load(ordering: .relaxed)
        return time == .min ? nil : time
    }
}
