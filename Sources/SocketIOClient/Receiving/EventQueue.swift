import NIOConcurrencyHelpers
import NIOCore

/// Events that wait for whoever takes them one after the other.
final class EventQueue: Sendable {
    private struct State {
        var events = CircularBuffer<(context: EventContext, sizeBytes: Int)>()
        var bytes = 0
        /// Whether events were left out since the last that was taken.
        var isOverfull = false
        /// Whether no more will come.
        var isFinished = false
        var waiters = PromiseList<EventContext?>()
    }

    private let state = NIOLockedValueBox(State())
    private let limit: Int
    private let limitBytes: Int
    private let eventLoop: any EventLoop

    /// - Parameters:
    ///   - limit: of events.
    ///   - limitBytes: of all of them on the wire; where that is reached, one more is left out.
    init(limit: Int, limitBytes: Int, eventLoop: any EventLoop) {
        self.limit = max(1, limit)
        self.limitBytes = limitBytes
        self.eventLoop = eventLoop
    }

    /// Past a limit events are left out until there is a reader, who hears of it.
    func offer(_ event: EventContext, sizeBytes: Int) {
        let waiter = state.withLockedValue { state -> EventLoopPromise<EventContext?>? in
            guard !state.isFinished else { return nil }
            if let waiter = state.waiters.takeFirst() { return waiter }
            state.isOverfull = state.isOverfull || state.events.count >= limit || state.bytes >= limitBytes
            guard !state.isOverfull else { return nil }
            state.events.append((event, sizeBytes))
            state.bytes += sizeBytes
            return nil
        }
        waiter?.succeed(event)
    }

    /// No more events will come.
    func finish() {
        let waiters = state.withLockedValue { state in
            state.isFinished = true
            return state.waiters.takeAll()
        }
        for waiter in waiters { waiter.succeed(nil) }
    }

    /// The next event; nil where no more will come.
    ///
    /// - Throws: `timeout`; `receiveBufferFull` once, behind those that were kept; `CancellationError`.
    func next(timeout: TimeAmount? = nil) async throws -> EventContext? {
        let promise = eventLoop.makePromise(of: EventContext?.self)
        let id = state.withLockedValue { state -> Int? in
            if let (event, sizeBytes) = state.events.popFirst() {
                state.bytes -= sizeBytes
                promise.succeed(event)
            } else if state.isOverfull {
                state.isOverfull = false
                promise.fail(
                    SocketIOClientError(
                        .receiveBufferFull, "more events came than are kept for who takes them: some are missing here"))
            } else if state.isFinished {
                promise.succeed(nil)
            } else {
                return state.waiters.add(promise)
            }
            return nil
        }
        guard let id else { return try await promise.futureResult.get() }
        return try await promise.futureResult.get(
            until: timeout.map { .now() + $0 },
            else: SocketIOClientError(.timeout, "no event came within \(timeout?.seconds ?? 0) s")
        ) { error in
            self.state.withLockedValue { $0.waiters.take(id) }?.fail(error)
        }
    }
}

extension EventQueue {
    /// With the limits of a client.
    convenience init(_ core: ClientCore) {
        let limits = core.state.limits
        self.init(limit: limits.unreadEvents, limitBytes: limits.unreadBytes, eventLoop: core.port.eventLoop)
    }
}
