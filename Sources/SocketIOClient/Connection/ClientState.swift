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
        /// Bytes that wait for a connection or an ack.
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
        /// Those that wait for room in the outbox.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    enum Acceptance {
        /// The event loop has to be told.
        case first
        case accepted
        /// Nothing was taken: there is no room now.
        case full
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
        guard isJoined || buffersOffline || emission.isVolatile else {
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
        if emission.ackRequest != nil { state.acksInOutbox += 1 }
        defer { state.isWoken = true }
        return state.isWoken ? .accepted : .first
    }

    var sendBufferFull: SocketIOClientError {
        SocketIOClientError(
            .sendBufferFull,
            "\(limits.sendBufferBytes) bytes wait to be sent already: emit from async code, which waits for room")
    }

    /// Returns once there may be room, or the connection has ended.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            let waits = state.withLockedValue { state in
                let hasRoom = state.outboxBytes + state.snapshot.waitingBytes < limits.sendBufferBytes
                guard !hasRoom, state.snapshot.isOpen else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    // MARK: On the event loop

    /// The next emission; nil for an empty outbox, after which the event loop has to be told again.
    func next() -> Emission? {
        let (emission, woken) = state.withLockedValue { state -> (Emission?, [CheckedContinuation<Void, Never>]) in
            guard let emission = state.outbox.popFirst() else {
                state.isWoken = false
                return (nil, [])
            }
            state.outboxBytes -= emission.cost
            if emission.ackRequest != nil { state.acksInOutbox -= 1 }
            return (emission, takeWaiters(&state))
        }
        for waiter in woken { waiter.resume() }
        return emission
    }

    func update(_ snapshot: Snapshot) { update { $0 = snapshot } }

    func update(waitingBytes: Int, pendingAcks: Int) {
        update { snapshot in
            snapshot.waitingBytes = waitingBytes
            snapshot.pendingAcks = pendingAcks
        }
    }

    /// Who waits for room is woken where there is some, and where it is of no use to wait.
    private func update(_ change: (inout Snapshot) -> Void) {
        let woken = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            change(&state.snapshot)
            return takeWaiters(&state)
        }
        for waiter in woken { waiter.resume() }
    }

    private func takeWaiters(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
        guard !state.waiters.isEmpty else { return [] }
        let hasRoom = state.outboxBytes + state.snapshot.waitingBytes < limits.sendBufferBytes / 2
        guard hasRoom || !state.snapshot.isOpen else { return [] }
        defer { state.waiters = [] }
        return state.waiters
    }
}
