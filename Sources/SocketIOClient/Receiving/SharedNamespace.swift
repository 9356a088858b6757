import NIOConcurrencyHelpers

/// The namespace that a `SimpleClient` is in, and what comes of it there.
final class SharedNamespace: Sendable {
    private struct State {
        var name = "/"
        /// Nil before the first connection.
        var events: EventSubscription?
        var isChanging = false
    }

    private let state = NIOLockedValueBox(State())

    var name: String { state.withLockedValue { $0.name } }

    var events: EventSubscription? { state.withLockedValue { $0.events } }

    func set(_ name: String, _ events: EventSubscription) {
        // What is replaced is let go outside of the lock.
        _ = state.withLockedValue { state in
            defer { (state.name, state.events) = (name, events) }
            return state.events
        }
    }

    /// Runs `body` for one caller at a time; others get `alreadyConnected`.
    func change(_ body: () async throws -> Void) async throws {
        let mayChange = state.withLockedValue { state in
            defer { state.isChanging = true }
            return !state.isChanging
        }
        guard mayChange else { throw SocketIOClientError.alreadyConnected }
        defer { state.withLockedValue { $0.isChanging = false } }
        try await body()
    }
}
