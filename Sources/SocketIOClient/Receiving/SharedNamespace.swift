import NIOConcurrencyHelpers

/// The namespace that a `SimpleClient` is in, and by what it listens there.
final class SharedNamespace: Sendable {
    private let state = NIOLockedValueBox((name: "/", subscription: HandlerID?.none))

    var name: String { state.withLockedValue { $0.name } }

    /// Changes both. Returns by what it listened before.
    func set(_ name: String, _ subscribe: () -> HandlerID) -> HandlerID? {
        let id = subscribe()
        return state.withLockedValue { state in
            defer { state = (name, id) }
            return state.subscription
        }
    }
}
