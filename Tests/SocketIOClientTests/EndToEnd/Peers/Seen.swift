import NIOConcurrencyHelpers

/// What handlers were called with, in order.
final class Seen<Value: Sendable>: Sendable {
    private let values = NIOLockedValueBox<[Value]>([])

    func add(_ value: Value) { values.withLockedValue { $0.append(value) } }

    var all: [Value] { values.withLockedValue { $0 } }

    var count: Int { values.withLockedValue { $0.count } }

    /// All, once there are so many.
    @discardableResult
    func wait(for count: Int) async throws -> [Value] {
        do {
            return try await eventually("\(count) values") { self.count >= count ? self.all : nil }
        } catch let error as Overdue {
            throw Overdue(description: "\(error), seen were \(all.count): \(all.suffix(10))")
        }
    }
}

/// A door that handlers wait before.
final class Gate: Sendable {
    private let state = NIOLockedValueBox<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func open() {
        let waiting = state.withLockedValue { state in
            defer { state = (true, []) }
            return state.waiting
        }
        for each in waiting { each.resume() }
    }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
