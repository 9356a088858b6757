import NIOConcurrencyHelpers
import NIOCore

/// What the callers of a client and its event loop share: who is joined, and what is to be sent.
final class ClientState: Sendable {
    /// As of the last thing that happened on the event loop.
    struct Snapshot: Sendable {
        /// The session ids of the namespaces that are joined.
        var sids: [String: String] = [:]
        var recovered: Set<String> = []
        var transport: Transport?
        /// Whether the Engine.IO session is open.
        var isOpen = false
        var isReconnecting = false
        /// The namespaces that `connect` asked for, until there is no connection and none will come.
        var planned: [String] = []
        /// Those that were left on this connection, by whichever side: they are not joined again before the next.
        var left: Set<String> = []
        /// Whether there is no connection, and none will come.
        var isIdle = true
        /// Bytes that wait for a connection or an ack, and of what was taken from the outbox since the last report.
        var waitingBytes = 0
        var pendingAcks = 0
    }

    private struct State {
        var snapshot = Snapshot()
        var outbox = CircularBuffer<Emission>()
        var outboxBytes = 0
        var acksInOutbox = 0
        /// Whether the event loop knows that there is something in the outbox.
        var isWoken = false
        /// Whether the transport takes nothing now.
        var isCongested = false
        /// No event in the outbox has to be acknowledged before.
        var nextDeadline: NIODeadline?
        /// Those that wait for room in the outbox.
        var waiters = PromiseList<Void>()
    }

    enum Acceptance {
        /// The event loop has to be told.
        case first
        case accepted
        /// Nothing was taken: there is no room now.
        case full
        /// Nothing was taken, and need not be: the event was volatile.
        case dropped
    }

    private let state = NIOLockedValueBox(State())
    let limits: ClientLimits
    private let buffersOffline: Bool

    init(limits: ClientLimits, buffersOffline: Bool) {
        self.limits = limits
        self.buffersOffline = buffersOffline
    }

    var snapshot: Snapshot { state.withLockedValue { $0.snapshot } }

    func sid(of namespace: String) -> String? { state.withLockedValue { $0.snapshot.sids[namespace] } }

    // MARK: Emitting, on any thread

    /// Puts an emission into the outbox, or says why it cannot be sent.
    func accept(_ emission: Emission) throws(SocketIOClientError) -> Acceptance {
        let result = state.withLockedValue { state in
            Result { () throws(SocketIOClientError) in try accept(emission, &state) }
        }
        return try result.get()
    }

    private func accept(_ emission: Emission, _ state: inout State) throws(SocketIOClientError) -> Acceptance {
        let isJoined = state.snapshot.sids[emission.namespace] != nil
        let isPlanned =
            (state.snapshot.planned.isEmpty || state.snapshot.planned.contains(emission.namespace))
            && !state.snapshot.left.contains(emission.namespace)
        if emission.isVolatile, !isJoined || state.isCongested { return .dropped }
        guard isJoined || buffersOffline && isPlanned else {
            throw .notJoined(emission.namespace, isConnected: state.snapshot.isOpen)
        }
        if emission.ackRequest != nil {
            guard state.snapshot.pendingAcks + state.acksInOutbox < limits.pendingAcks else {
                throw SocketIOClientError(
                    .tooManyPendingAcks, "\(limits.pendingAcks) events wait for their acks already")
            }
        }
        guard state.outboxBytes + state.snapshot.waitingBytes < limits.sendBufferBytes else {
            guard isJoined else { throw sendBufferFull }
            return .full
        }
        state.outbox.append(emission)
        state.outboxBytes += emission.cost
        if let request = emission.ackRequest {
            state.acksInOutbox += 1
            if let deadline = request.deadline, deadline < state.nextDeadline ?? .distantFuture {
                state.nextDeadline = deadline
                // What the transport does not take now is not looked at before that.
                if state.isCongested { state.isWoken = false }
            }
        }
        defer { state.isWoken = true }
        return state.isWoken ? .accepted : .first
    }

    var sendBufferFull: SocketIOClientError {
        SocketIOClientError(
            .sendBufferFull,
            "\(limits.sendBufferBytes) bytes wait to be sent already: `emit` waits for room while there is a connection"
        )
    }

    /// Returns once there may be room, or the connection has ended.
    ///
    /// - Throws: `timeout` at the deadline; `CancellationError` where the task is cancelled.
    func waitForRoom(until deadline: NIODeadline?, on eventLoop: any EventLoop) async throws {
        let promise = eventLoop.makePromise(of: Void.self)
        let id = state.withLockedValue { state -> Int? in
            let hasRoom = state.outboxBytes + state.snapshot.waitingBytes < limits.sendBufferBytes
            guard !hasRoom, state.snapshot.isOpen else { return nil }
            return state.waiters.add(promise)
        }
        guard let id else { return promise.succeed() }
        try await promise.futureResult.get(until: deadline, else: .notSentInTime) { error in
            self.state.withLockedValue { $0.waiters.take(id) }?.fail(error)
        }
    }

    // MARK: On the event loop

    /// The next emission; nil for an empty outbox, after which the event loop has to be told again. What is taken counts
    /// as waiting until the event loop tells anew what waits.
    func next() -> Emission? {
        state.withLockedValue { state in
            guard let emission = state.outbox.popFirst() else {
                state.isWoken = false
                state.nextDeadline = nil
                return nil
            }
            state.outboxBytes -= emission.cost
            state.snapshot.waitingBytes += emission.cost
            if emission.ackRequest != nil {
                state.acksInOutbox -= 1
                state.snapshot.pendingAcks += 1
            }
            return emission
        }
    }

    func update(_ snapshot: Snapshot) { update { $0 = snapshot } }

    /// When an event that could not leave yet has to be acknowledged at the earliest.
    var nextDeadline: NIODeadline? { state.withLockedValue { $0.nextDeadline } }

    /// Takes out those whose acks would come too late now.
    func takeExpired(at now: NIODeadline) -> [AckRequest] {
        let (expired, woken) = state.withLockedValue { state -> ([AckRequest], [EventLoopPromise<Void>]) in
            guard let next = state.nextDeadline, next <= now else { return ([], []) }
            var expired: [AckRequest] = []
            state.nextDeadline = nil
            state.outbox.removeAll { emission in
                guard let request = emission.ackRequest, let deadline = request.deadline else { return false }
                guard deadline <= now else {
                    state.nextDeadline = state.nextDeadline.map { min($0, deadline) } ?? deadline
                    return false
                }
                state.outboxBytes -= emission.cost
                state.acksInOutbox -= 1
                expired.append(request)
                return true
            }
            return (expired, takeWaiters(&state))
        }
        for waiter in woken { waiter.succeed() }
        return expired
    }

    func update(isCongested: Bool) { state.withLockedValue { $0.isCongested = isCongested } }

    func update(waitingBytes: Int, pendingAcks: Int) {
        update { snapshot in
            snapshot.waitingBytes = waitingBytes
            snapshot.pendingAcks = pendingAcks
        }
    }

    /// Who waits for room is woken where there is some, and where it is of no use to wait.
    private func update(_ change: (inout Snapshot) -> Void) {
        let woken = state.withLockedValue { state -> [EventLoopPromise<Void>] in
            change(&state.snapshot)
            return takeWaiters(&state)
        }
        for waiter in woken { waiter.succeed() }
    }

    private func takeWaiters(_ state: inout State) -> [EventLoopPromise<Void>] {
        guard !state.waiters.isEmpty else { return [] }
        let hasRoom = state.outboxBytes + state.snapshot.waitingBytes <= limits.sendBufferBytes / 2
        guard hasRoom || !state.snapshot.isOpen else { return [] }
        return state.waiters.takeAll()
    }
}
