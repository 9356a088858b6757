import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One accepted connection. libmicrohttpd owns the descriptor; it can be shut down from here until it says that it
/// closes it.
final class ClientSocket: Sendable {
    private struct State {
        /// Negative once closed.
        var descriptor: CInt
        /// Since when the client owes a request; nil while it is owed an answer.
        var waitingSince: ContinuousClock.Instant?
    }

    private let thread: ReadinessThread
    private let state: NIOLockedValueBox<State>

    /// - Parameter thread: watches for the client's end.
    init(descriptor: CInt, thread: ReadinessThread, now: ContinuousClock.Instant) {
        self.thread = thread
        state = NIOLockedValueBox(State(descriptor: descriptor, waitingSince: now))
    }

    /// The client owes something from now on: the next request or the body of this one.
    func awaitRequest(now: ContinuousClock.Instant) { state.withLockedValue { $0.waitingSince = now } }

    /// The request is whole.
    func awaitNothing() { state.withLockedValue { $0.waitingSince = nil } }

    /// Ends the connection both ways; its thread then finds it closed. Nothing happens once it is closed.
    func shutDown() { state.withLockedValue { Self.shutDown($0) } }

    /// Ends the connection where the client has owed a request since before `latest`.
    func shutDown(ifWaitingBefore latest: ContinuousClock.Instant) {
        state.withLockedValue { state in
            guard let since = state.waitingSince, since < latest else { return }
            Self.shutDown(state)
        }
    }

    private static func shutDown(_ state: State) {
        guard state.descriptor >= 0 else { return }
        _ = shutdown(state.descriptor, CInt(SHUT_RDWR))
    }

    /// The descriptor is about to be closed, and its number may then belong to another.
    func markClosed() { state.withLockedValue { $0.descriptor = -1 } }

    /// Watches for the client's end; see `HangUpWatch`.
    func watchHangUp(_ action: @escaping @Sendable () -> Void) -> HangUpWatch? {
        state.withLockedValue { state in
            guard state.descriptor >= 0 else { return nil }
            return HangUpWatch(descriptor: state.descriptor, on: thread, action)
        }
    }
}
