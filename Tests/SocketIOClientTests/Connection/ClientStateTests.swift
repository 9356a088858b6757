import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Testing

@testable import SocketIOClient

@Suite("ClientState")
struct ClientStateTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

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
    }

    @Test("drops volatile events without a connection and where the transport takes nothing, even where all is full")
    func volatile() throws {
        #expect(try state(joined: false).accept(emission(isVolatile: true)) == .dropped)
        let state = state(bytes: 1)
        #expect(try state.accept(emission(isVolatile: true)) == .first)
        #expect(try state.accept(emission()) == .full)
        state.update(isCongested: true)
        #expect(try state.accept(emission(isVolatile: true)) == .dropped)
    }

    @Test("takes events for a namespace only that connect asked for, once it has, and that the server has not ended")
    func planned() throws {
        let state = state(buffersOffline: true)
        var snapshot = snapshot(joined: false)
        snapshot.planned = ["/", "/chat"]
        state.update(snapshot)
        #expect(try state.accept(emission(namespace: "/chat")) == .first)
        #expect(code { _ = try state.accept(emission(namespace: "/typo")) } != nil)
        snapshot.left = ["/chat"]
        state.update(snapshot)
        #expect(code { _ = try state.accept(emission(namespace: "/chat")) } != nil)
        #expect(try state.accept(emission()) == .accepted)
    }

    @Test("takes out what has to be acknowledged before it could leave")
    func expires() throws {
        let state = state()
        let now = NIODeadline.uptimeNanoseconds(1)
        let request = AckRequest(timeout: .seconds(1), at: now) { _ in }
        _ = try state.accept(emission())
        _ = try state.accept(Emission(namespace: "/", kind: .event(request), payload: []))
        #expect(state.nextDeadline == now + .seconds(1))
        #expect(state.takeExpired(at: now).isEmpty)
        #expect(state.takeExpired(at: now + .seconds(1)).map(ObjectIdentifier.init) == [ObjectIdentifier(request)])
        #expect(state.nextDeadline == nil)
        #expect(state.next() != nil)
        #expect(state.next() == nil)
    }

    @Test("wakes the event loop for an ack that is wanted sooner than it would look where the transport takes nothing")
    func wakesForDeadline() throws {
        let state = state()
        func ask(within timeout: TimeAmount) throws -> ClientState.Acceptance {
            let request = AckRequest(timeout: timeout, at: .uptimeNanoseconds(1)) { _ in }
            return try state.accept(Emission(namespace: "/", kind: .event(request), payload: []))
        }
        _ = try state.accept(emission())
        #expect(try ask(within: .seconds(9)) == .accepted)
        state.update(isCongested: true)
        #expect(try ask(within: .seconds(9)) == .accepted)
        #expect(try ask(within: .seconds(8)) == .first)
        #expect(try ask(within: .seconds(8)) == .accepted)
    }

    @Test("ends waiting for room at the deadline, and where the task is cancelled", .timeLimit(.minutes(5)))
    func endsWaiting() async throws {
        let state = state(bytes: 1)
        _ = try state.accept(emission())
        await #expect { try await state.waitForRoom(until: .now(), on: eventLoop) } throws: {
            ($0 as? SocketIOClientError)?.code == .timeout
        }
        let task = Task { [eventLoop] in try await state.waitForRoom(until: nil, on: eventLoop) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
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

    @Test("counts what the connection keeps", .timeLimit(.minutes(5)))
    func countsWaiting() async throws {
        let state = state(bytes: 1000)
        state.update(waitingBytes: 1000, pendingAcks: 0)
        #expect(try state.accept(emission()) == .full)
        async let room: Void = state.waitForRoom(until: nil, on: eventLoop)
        state.update(waitingBytes: 0, pendingAcks: 0)
        try await room
        #expect(try state.accept(emission()) == .first)
    }

    @Test("counts what the connection has taken until it tells what waits")
    func countsTaken() throws {
        let state = state(bytes: Emission.overheadBytes)
        _ = try state.accept(emission())
        #expect(state.next() != nil)
        #expect(try state.accept(emission()) == .full)
        state.update(waitingBytes: 0, pendingAcks: 0)
        #expect(try state.accept(emission()) != .full)
    }

    @Test("wakes those that wait for room when what was before them has waited too long", .timeLimit(.minutes(5)))
    func wakesAtExpiry() async throws {
        let state = state(bytes: 1)
        let now = NIODeadline.uptimeNanoseconds(1)
        let request = AckRequest(timeout: .seconds(1), at: now) { _ in }
        _ = try state.accept(Emission(namespace: "/", kind: .event(request), payload: []))
        let waiting = NIOLockedValueBox(false)
        let task = Task { [eventLoop] in
            waiting.withLockedValue { $0 = true }
            try await state.waitForRoom(until: nil, on: eventLoop)
        }
        while !waiting.withLockedValue({ $0 }) { await Task.yield() }
        #expect(state.takeExpired(at: now + .seconds(1)).count == 1)
        try await task.value
    }

    @Test("wakes those that wait for room when the connection has ended", .timeLimit(.minutes(5)))
    func wakesAtTheEnd() async throws {
        let state = state(bytes: 1)
        _ = try state.accept(emission())
        let task = Task { [eventLoop] in try await state.waitForRoom(until: nil, on: eventLoop) }
        await Task.yield()
        state.update(snapshot(joined: false))
        try await task.value
        // Nor does anybody begin to wait then.
        try await state.waitForRoom(until: nil, on: eventLoop)
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
