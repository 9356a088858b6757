import EngineIOCore
import NIOCore
import Testing

@Suite("ServingSession on a WebSocket, in time, and at its end")
struct ServingWebSocketTests {
    @Test("opens with the open packet, then what was queued")
    func opens() {
        var playbook = ServingPlaybook(.webSocket)
        playbook.step(.send(.text("a")))
        let open = ByteBuffer(string: String(ServingPlaybook.openOnWebSocket.dropFirst()))
        playbook.step(.openWebSocket(1), .send(.open(open), on: .n(1)), .message("a", on: 1))
        #expect(playbook.session.queuedBytes == 0)
    }

    @Test("delivers and sends messages at once")
    func messages() {
        var playbook = ServingPlaybook.webSocket()
        playbook.step(.text(1, "4a"), .deliver("a"))
        playbook.step(.binary(1, [1, 2]), .deliver(.binary([1, 2])))
        playbook.step(.text(1, "bAQI="), .deliver(.binary([1, 2])))
        playbook.step(.send(.text("b")), .message("b", on: 1))
        playbook.step(.send(.binary([3])), .send(.message(.binary([3])), on: .n(1)))
        #expect(playbook.session.queuedBytes == 0)
    }

    @Test("keeps the frames of a message from the WebSocket to the delivery and from the sender to the WebSocket")
    func frames() {
        var playbook = ServingPlaybook.webSocket()
        let frames = ByteBuffer(string: "frames")
        let payload = ByteBuffer(string: "4a")
        playbook.session.receiveWebSocket(.text, payload, frames: frames, on: .n(1), at: playbook.now)
        guard case .deliver(let message) = playbook.session.nextAction() else {
            Issue.record("no message")
            return
        }
        #expect(message.frames == frames)
        playbook.session.send(message, at: playbook.now)
        guard case .send(.message(let sent), _) = playbook.session.nextAction() else {
            Issue.record("no message")
            return
        }
        #expect(sent.frames == frames)
        #expect(playbook.session.nextAction() == nil)
    }

    @Test("ignores open, upgrade and noop packets from a client", arguments: ["0", "5", "6", "0{}"])
    func ignores(text: String) {
        var playbook = ServingPlaybook.upgraded()
        playbook.step(.text(9, text))
        playbook.step(.text(9, "4a"), .deliver("a"))
    }

    @Test(
        "ends with a packet that is none",
        arguments: [("", EngineIOError.Code.emptyPacket), ("x", .unknownPacketType), ("7", .unknownPacketType)])
    func badPacket(text: String, code: EngineIOError.Code) {
        var playbook = ServingPlaybook.webSocket()
        playbook.step(.text(1, text), .closeEmpty(1), .violation(code))
        playbook.step(.text(1, "4a"))
        #expect(playbook.session.isFinished)
    }

    @Test("a close packet ends the session once, though a close frame follows")
    func closePacket() {
        var playbook = ServingPlaybook.webSocket()
        playbook.step(.text(1, "1"), .closeEmpty(1), .ended(.closedByPeer))
        playbook.step(.closeWebSocket(1, code: 1000))
    }

    @Test("tells a close frame from a cut")
    func closedByClient() {
        var closed = ServingPlaybook.webSocket()
        closed.step(.closeWebSocket(1, code: 4001, reason: "x"), .ended(.webSocketClosed(code: 4001, reason: "x")))
        var empty = ServingPlaybook.upgraded()
        empty.step(.closeWebSocket(9), .ended(.webSocketClosed(code: nil, reason: "")))
        var cut = ServingPlaybook.upgraded()
        cut.step(.closeWebSocket(9, isClean: false), .ended(.lost))
        #expect(cut.session.isFinished)
    }

    // MARK: Heartbeat

    @Test("pings every interval from the opening and from each pong, for ten intervals without other traffic")
    func heartbeats() {
        var playbook = ServingPlaybook.webSocket()
        for _ in 0..<10 {
            #expect(playbook.millisecondsToDeadline == 300)
            playbook.step(.wait(299))
            playbook.step(.wait(1), .ping(on: 1))
            playbook.step(.wait(50))
            playbook.step(.text(1, "3"), .heartbeat)
        }
    }

    @Test("only a pong counts: ends pingTimeout after the ping in spite of messages")
    func pingTimeout() {
        var playbook = ServingPlaybook.webSocket()
        playbook.step(.wait(300), .ping(on: 1))
        #expect(playbook.millisecondsToDeadline == 200)
        playbook.step(.wait(199))
        playbook.step(.text(1, "4a"), .deliver("a"))
        playbook.step(.wait(1), .closeEmpty(1), .ended(.pingTimeout))
        playbook.step(.wait(1000))
        #expect(playbook.session.nextDeadline == nil)
    }

    @Test("by polling a ping completes the poll, and a pong comes by POST")
    func pollingHeartbeat() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.wait(300), .answer(2, "2"))
        playbook.step(.post(3, "3"), .heartbeat, .ok(3))
        playbook.step(.wait(300))
        playbook.step(.poll(4), .answer(4, "2"))
        playbook.step(.poll(5))
        playbook.step(.wait(200), .answer(5, "1"), .ended(.pingTimeout))
    }

    @Test("a client that stops polling is noticed")
    func noPolls() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.wait(300))
        playbook.step(.wait(200), .ended(.pingTimeout))
        playbook.step(.poll(2), .unknownSession(2))
    }

    @Test("after a long sleep the client has its pingTimeout still")
    func wakes() {
        var playbook = ServingPlaybook.webSocket()
        playbook.step(.wait(120_000), .ping(on: 1))
        playbook.step(.wait(199))
        playbook.step(.text(1, "3"), .heartbeat)
        #expect(playbook.millisecondsToDeadline == 300)
    }

    @Test("a ping from a client ends the session", arguments: ["2", "2probe"])
    func wrongDirection(packet: String) {
        var webSocket = ServingPlaybook.upgraded()
        webSocket.step(.text(9, packet), .closeEmpty(9), .violation(.wrongHeartbeatDirection))
        var polling = ServingPlaybook.polling()
        polling.step(.poll(2))
        polling.step(.post(3, packet), .ok(3), .answer(2, "1"), .violation(.wrongHeartbeatDirection))
    }

    @Test("a session whose WebSocket never opens ends by itself")
    func neverOpened() {
        var playbook = ServingPlaybook(.webSocket)
        playbook.step(.wait(300), .ended(.pingTimeout))
        playbook.step(.openWebSocket(1), .closeEmpty(1))
    }

    // MARK: Closing

    @Test(
        "closes a WebSocket as it is told",
        arguments: [
            (ClosingKind.orderly, ServingSession.Action.closeEmpty(9)),
            (.webSocket(code: 4001, reason: "x"), .closeWebSocket(.n(9), code: 4001, reason: "x")),
            (.webSocket(code: nil, reason: "x"), .closeWebSocket(.n(9), code: nil, reason: "x")),
            (.webSocket(code: 1006, reason: "x"), .closeWebSocket(.n(9), code: 1006, reason: "x")),
            (.abort, .abortWebSocket(.n(9))),
            (.refused(status: 502, body: ByteBuffer()), .closeWebSocket(.n(9), code: 1011, reason: "")),
        ])
    func closesWebSocket(how: ClosingKind, expected: ServingSession.Action) {
        var playbook = ServingPlaybook.upgraded()
        playbook.step(.close(how), expected, .ended(.closedLocally))
        playbook.step(.close(.orderly))
        playbook.step(.closeWebSocket(9))
        playbook.step(.send(.text("late")))
        #expect(playbook.session.isFinished)
    }

    @Test(
        "answers the pending poll with a close packet",
        arguments: [ClosingKind.orderly, .webSocket(code: 4001, reason: "x")])
    func closesPendingPoll(how: ClosingKind) {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.close(how), .answer(2, "1"), .ended(.closedLocally))
        #expect(playbook.session.isFinished)
    }

    @Test("tells the next poll of the close for 30 s, and is done")
    func closesNextPoll() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.close(.orderly), .ended(.closedLocally))
        #expect(playbook.session.isEnded && !playbook.session.isFinished)
        #expect(playbook.millisecondsToDeadline == 30_000)
        playbook.step(.wait(29_999))
        playbook.step(.poll(2), .answer(2, "6\u{1E}1"))
        #expect(playbook.session.isFinished)
        playbook.step(.poll(3), .unknownSession(3))

        var late = ServingPlaybook.polling()
        late.step(.close(.orderly), .ended(.closedLocally))
        late.step(.wait(30_000))
        #expect(late.session.isFinished)
        late.step(.poll(2), .unknownSession(2))
    }

    @Test("what is queued reaches the client before the close, in as many answers as it takes")
    func flushesBeforeClose() {
        var playbook = ServingPlaybook.polling()
        for _ in 0..<17 { playbook.step(.send(.text("a"))) }
        playbook.step(.close(.orderly), .ended(.closedLocally))
        let sixteen = Array(repeating: "4a", count: 16).joined(separator: "\u{1E}")
        playbook.step(.poll(2), .answer(2, sixteen))
        playbook.step(.poll(3), .answer(3, "4a\u{1E}1"))
        #expect(playbook.session.isFinished)
    }

    @Test("a refusal answers the pending poll, or the next one after what is queued")
    func closesWithRefusal() {
        let refusal = ClosingKind.refused(status: 502, body: ByteBuffer(string: "gone"))
        let response = PollingResponse(status: 502, body: ByteBuffer(string: "gone"))
        var pending = ServingPlaybook.polling()
        pending.step(.poll(2))
        pending.step(.close(refusal), .respond(.n(2), response), .ended(.closedLocally))
        #expect(pending.session.isFinished)

        var queued = ServingPlaybook.polling()
        queued.step(.send(.text("a")))
        queued.step(.close(refusal), .ended(.closedLocally))
        queued.step(.poll(2), .answer(2, "4a"))
        #expect(!queued.session.isFinished)
        queued.step(.poll(3), .respond(.n(3), response))
        #expect(queued.session.isFinished)
    }

    @Test("a loss cuts the pending poll, and a later one finds the session unknown after what is queued")
    func closesAsLost() {
        var pending = ServingPlaybook.polling()
        pending.step(.poll(2))
        pending.step(.close(.abort), .abortRequest(.n(2)), .ended(.closedLocally))
        #expect(pending.session.isFinished)

        var queued = ServingPlaybook.polling()
        queued.step(.send(.text("a")))
        queued.step(.close(.abort), .ended(.closedLocally))
        queued.step(.poll(2), .answer(2, "4a"))
        queued.step(.poll(3), .unknownSession(3))
        #expect(queued.session.isFinished)
    }

    @Test("a POST to a session that is closing is answered, and its content dropped")
    func postWhileClosing() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.beginPost(2))
        playbook.step(.close(.orderly), .ended(.closedLocally))
        playbook.step(.beginPost(3), .empty(3, 400))
        playbook.step(.finishPost(2, "4a"), .ok(2))
        playbook.step(.post(4, "4b"), .ok(4))
        playbook.step(.poll(5), .answer(5, "6\u{1E}1"))
        #expect(playbook.session.isFinished)
    }

    @Test("a close while a WebSocket probes closes that too")
    func closesWhileProbing() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.close(.orderly), .closeEmpty(9), .ended(.closedLocally))
        playbook.step(.text(9, "5"))
        playbook.step(.openWebSocket(10), .closeEmpty(10))
        playbook.step(.poll(2), .answer(2, "6\u{1E}1"))
    }
}
