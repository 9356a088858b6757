/// Counts what happened in each of the last seconds.
struct RateMeter: Sendable {
    /// How many whole seconds a rate is taken over.
    static let seconds = 5

    private var counts = [Int](repeating: 0, count: seconds + 1)
    /// The second that is being counted.
    private var second: Int64
    private let firstSecond: Int64

    /// Times are in nanoseconds of a clock that never goes back.
    init(now: Int64) {
        second = now / 1_000_000_000
        firstSecond = second
    }

    mutating func add(_ count: Int, now: Int64) {
        advance(to: now)
        counts[slot(of: second)] += count
    }

    /// A second, taken over the last whole ones. In the first second what has been counted so far.
    mutating func rate(now: Int64) -> Double {
        advance(to: now)
        let whole = Int(min(Int64(Self.seconds), second - firstSecond))
        guard whole > 0 else { return Double(counts[slot(of: second)]) }
        return Double(counts.reduce(0, +) - counts[slot(of: second)]) / Double(whole)
    }

    private mutating func advance(to now: Int64) {
        let next = max(second, now / 1_000_000_000)
        let passed = min(next - second, Int64(counts.count))
        for back in 0..<passed { counts[slot(of: next - back)] = 0 }
        second = next
    }

    private func slot(of second: Int64) -> Int { Int(second % Int64(counts.count)) }
}
