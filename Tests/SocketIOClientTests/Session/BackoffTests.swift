import NIOCore
import Testing

@testable import SocketIOClient

@Suite("Backoff")
struct BackoffTests {
    private func seconds(_ attempt: Int, random: Double, factor: Double = 0.5) -> Double {
        let backoff = Backoff(first: .seconds(1), max: .seconds(5), randomizationFactor: factor)
        return backoff.delay(before: attempt, random: random).seconds
    }

    @Test("doubles up to the maximum", arguments: [(1, 1.0), (2, 2), (3, 4), (4, 5), (1_000_000, 5)])
    func doubles(attempt: Int, expected: Double) {
        #expect(seconds(attempt, random: 0.5) == expected)
    }

    @Test(
        "varies by a part of the wait, never below none nor above the maximum",
        arguments: [
            (1, 0.0, 0.5, 0.5), (1, 1, 0.5, 1.5), (2, 0, 0.5, 1), (4, 1, 0.5, 5), (1, 0, 1, 0), (3, 0.25, 0, 4),
        ])
    func varies(attempt: Int, random: Double, factor: Double, expected: Double) {
        #expect(seconds(attempt, random: random, factor: factor) == expected)
    }

    @Test("takes any times, without a trap")
    func extremes() {
        let backoff = Backoff(first: .nanoseconds(.max), max: .nanoseconds(.max), randomizationFactor: 1)
        #expect(backoff.delay(before: .max, random: 1) > .hours(1))
    }
}
