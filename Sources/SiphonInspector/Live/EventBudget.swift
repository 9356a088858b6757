/// How many events a viewer may be sent: so many a second, and after a pause a second's worth at once.
struct EventBudget {
    private let perSecond: Int
    private var tokens: Double
    private var last: ContinuousClock.Instant

    init(perSecond: Int, now: ContinuousClock.Instant) {
        self.perSecond = perSecond
        tokens = Double(perSecond)
        last = now
    }

    mutating func available(now: ContinuousClock.Instant) -> Int {
        let (seconds, attoseconds) = (now - last).components
        let elapsed = Double(seconds) + Double(attoseconds) / 1e18
        last = now
        tokens = min(Double(perSecond), tokens + elapsed * Double(perSecond))
        return Int(tokens)
    }

    mutating func spend(_ count: Int) { tokens -= Double(count) }
}
