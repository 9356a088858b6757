import NIOCore

/// How long to wait before each attempt to reconnect: twice as long each time, up to a maximum, and a random part less
/// or more, so that the clients of a server that comes back do not all come at once.
struct Backoff: Sendable {
    let first: TimeAmount
    let max: TimeAmount
    /// The largest part of a wait by which it is shorter or longer; 0 to 1.
    let randomizationFactor: Double

    /// How long to wait before attempt number `attempt`, counted from 1.
    ///
    /// - Parameter random: 0 to 1; 0.5 changes nothing.
    func delay(before attempt: Int, random: Double) -> TimeAmount {
        // A wait of ten thousand days is as good as any longer one.
        let longest = min(Double(max.nanoseconds), 1e18)
        let doublings = min(Swift.max(attempt, 1) - 1, 1000)
        var delay = min(Double(sign: .plus, exponent: doublings, significand: Double(first.nanoseconds)), longest)
        delay *= 1 + randomizationFactor * (2 * random - 1)
        return .nanoseconds(Int64(Swift.max(0, min(delay, longest))))
    }
}
