import NIOConcurrencyHelpers
import SiphonCore

/// Who is told that records came in.
final class CaptureObservers: Sendable {
    typealias Body = @Sendable (EventID) -> Void

    private struct State: Sendable {
        var bodies: [UInt64: Body] = [:]
        var next: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    func add(_ body: @escaping Body) -> CaptureObservation {
        let number = state.withLockedValue { state in
            defer { state.next += 1 }
            state.bodies[state.next] = body
            return state.next
        }
        return CaptureObservation(number: number, observers: self)
    }

    func remove(_ number: UInt64) {
        // The body is let go outside the lock: it may own an observation.
        _ = state.withLockedValue { $0.bodies.removeValue(forKey: number) }
    }

    func notify(_ newest: EventID) {
        for body in state.withLockedValue({ Array($0.bodies.values) }) { body(newest) }
    }
}
