import Testing

@testable import SocketIOClient

@Suite("ClientState")
struct ClientStateTests {
    private func state(
        bytes: Int = 1 << 20, pendingAcks: Int = 10, buffersOffline: Bool = false, joined: Bool = true
    ) -> ClientState {
        var limits = ClientLimits()
        limits.sendBufferBytes = bytes
        limits.pendingAcks = pendingAcks
        let state = ClientState(limits: limits, buffersOffline: buffersOffline)
        state.update(snapshot(joined: joined))
        return state
    }

    private func snapshot(joined: Bool) -> ClientState.Snapshot {
        var snapshot = ClientState.Snapshot()
        snapshot.isOpen = joined
        if joined { snapshot.sids = ["/": "s"] }
        return snapshot
    }

    private func emission(wantsAck: Bool = false, namespace: String = "/", isVolatile: Bool = false) -> Emission {
        Emission(
            namespace: namespace, kind: .event(wantsAck ? AckRequest(timeout: nil) { _ in } : nil), payload: [],
            isVolatile: isVolatile)
    }

    private func code(_ body: () throws -> Void) -> SocketIOClientError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? SocketIOClientError)?.code
        }
    }

    @Test("wakes the event loop once for all that is emitted until it has taken all")
    func wakesOnce() throws {
        let state = state()
        #expect(try state.accept(emission()) == .first)
        #expect(try state.accept(emission()) == .accepted)
        while state.next() != nil {}
        #expect(try state.accept(emission()) == .first)
    }

    @Test("says what is missing: the connection, or the namespace")
    func notJoined() {
        #expect(code { _ = try state(joined: false).accept(emission()) } == .notConnected)
        #expect(code { _ = try state().accept(emission(namespace: "/other")) } == .badNamespace)
    }

    @Test("takes events without a connection where they may wait, and volatile ones, which are dropped later")
    func offline() throws {
        let offline = state(buffersOffline: true, joined: false)
        #expect(try offline.accept(emission()) == .first)
        #expect(try state(joined: false).accept(emission(isVolatile: true)) == .first)
    }

    @Test("is full at its limit while there is a connection, and refuses without one")
    func full() throws {
        let state = state(bytes: 2 * Emission.overheadBytes, buffersOffline: true)
        _ = try state.accept(emission())
        #expect(try state.accept(emission()) == .accepted)
        #expect(try state.accept(emission()) == .full)
        state.update(snapshot(joined: false))
        #expect(code { _ = try state.accept(emission()) } == .sendBufferFull)
    }

    @Test("counts what the connection keeps", .timeLimit(.minutes(1)))
    func countsWaiting() async throws {
        let state = state(bytes: 1000)
        state.update(waitingBytes: 1000, pendingAcks: 0)
        #expect(try state.accept(emission()) == .full)
        async let room: Void = state.waitForRoom()
        state.update(waitingBytes: 0, pendingAcks: 0)
        await room
        #expect(try state.accept(emission()) == .first)
    }

    @Test("wakes those that wait for room when the connection has ended", .timeLimit(.minutes(1)))
    func wakesAtTheEnd() async throws {
        let state = state(bytes: 1)
        _ = try state.accept(emission())
        let task = Task { await state.waitForRoom() }
        await Task.yield()
        state.update(snapshot(joined: false))
        await task.value
        // Nor does anybody begin to wait then.
        await state.waitForRoom()
    }

    @Test("bounds the events that wait for acks, those in the outbox among them")
    func acks() throws {
        let state = state(pendingAcks: 2)
        state.update(waitingBytes: 0, pendingAcks: 1)
        _ = try state.accept(emission(wantsAck: true))
        #expect(code { _ = try state.accept(emission(wantsAck: true)) } == .tooManyPendingAcks)
        _ = try state.accept(emission())
    }
}
