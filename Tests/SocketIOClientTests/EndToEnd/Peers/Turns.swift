import NIOConcurrencyHelpers
import Testing

/// Lets so many tests run at the same time that each of them gets its share of the machine: their waits have bounds.
/// Their peers are kept until they end.
struct Turns: SuiteTrait, TestTrait, TestScoping {
    let isRecursive = true

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        await Self.queue.enter()
        defer { Self.queue.leave() }
        let kept = Kept()
        defer { kept.letGo() }
        try await Kept.$ofTest.withValue(kept) { try await function() }
    }

    private static let queue = Queue(places: 6)

    private final class Queue: Sendable {
        private let state: NIOLockedValueBox<(free: Int, waiting: [CheckedContinuation<Void, Never>])>

        init(places: Int) { state = .init((places, [])) }

        func enter() async {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLockedValue { state in
                    guard state.free > 0 else {
                        state.waiting.append(continuation)
                        return false
                    }
                    state.free -= 1
                    return true
                }
                if mayGo { continuation.resume() }
            }
        }

        func leave() {
            let next = state.withLockedValue { state -> CheckedContinuation<Void, Never>? in
                guard !state.waiting.isEmpty else {
                    state.free += 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
            next?.resume()
        }
    }
}

extension Trait where Self == Turns {
    /// Few tests at a time.
    static var inTurns: Turns { Turns() }
}
