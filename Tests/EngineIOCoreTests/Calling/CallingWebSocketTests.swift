import EngineIOCore
import NIOCore
import Testing

@Suite("CallingSession on a WebSocket")
struct CallingWebSocketTests {
    @Test("opens with the open packet, not with the 101, and then sends what was queued")
    func opens() {
        var playbook = CallingPlaybook(.webSocket)
        playbook.step(.send(.text("a")))
        playbook.step(.webSocketOpens)
        #expect(!playbook.session.isOpen)
        playbook.step(.send(.text("b")))
        playbook.step(
            .text(CallingPlaybook.open), .opened(CallingPlaybook.handshake), .message("a"), .message("b"))
        #expect(playbook.session.isOpen && playbook.session.queuedBytes == 0)
    }

    @Test("delivers and sends messages at once")
    func messages() {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text("4a"), .deliver("a"))
        playbook.step(.binary([1, 2]), .deliver(.binary([1, 2])))
        playbook.step(.send(.text("b")), .message("b"))
        playbook.step(.send(.binary([3])), .send(.message(.binary([3]))))
    }

    @Test("answers a ping with its content at once", arguments: ["", "x"])
    func answersPings(content: String) {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text("2" + content), .pong(content), .heartbeat)
    }

    @Test("ends when no packet comes for pingInterval and pingTimeout; any packet counts")
    func pingTimeout() {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.wait(499))
        playbook.step(.text("4a"), .deliver("a"))
        playbook.step(.wait(499))
        playbook.step(.text("6"))
        #expect(playbook.millisecondsToDeadline == 500)
        playbook.step(.wait(500), .closeEmpty, .ended(.pingTimeout))
        playbook.step(.webSocketCloses())
    }

    @Test("ignores pongs, upgrades and noops", arguments: ["3", "5", "6"])
    func ignores(packet: String) {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text(packet))
    }

    @Test("a WebSocket that is refused, closed or cut before the open packet ends the session")
    func doesNotOpen() {
        var refused = CallingPlaybook(.webSocket)
        refused.step(.webSocketRefused, .ended(.lost))
        var cut = CallingPlaybook(.webSocket)
        cut.step(.webSocketOpens)
        cut.step(.webSocketCloses(isClean: false), .ended(.lost))
        var closed = CallingPlaybook(.webSocket)
        closed.step(.webSocketOpens)
        closed.step(.webSocketCloses(code: 1008), .ended(.webSocketClosed(code: 1008, reason: "")))
        var garbage = CallingPlaybook(.webSocket)
        garbage.step(.webSocketOpens)
        garbage.step(.text("40"), .closeEmpty, .violation(.missingHandshake))
    }

    @Test("gives up when nothing opens the session in time")
    func openTimeout() {
        var connecting = CallingPlaybook(.webSocket)
        connecting.step(.wait(19_999))
        connecting.step(.wait(1), .abortWebSocket, .ended(.notOpened))
        connecting.step(.webSocketOpens)
        var silent = CallingPlaybook(.webSocket)
        silent.step(.webSocketOpens)
        silent.step(.wait(20_000), .closeEmpty, .ended(.notOpened))
    }

    @Test("queues up to its limit before the session is open")
    func queueLimit() {
        // 1 + 4 bytes and an overhead of 64 each
        var full = CallingPlaybook(.webSocket) { $0.queuedBytesLimit = 69 }
        for _ in 0..<2 { full.step(.send(.text("aaaa"))) }
        full.step(.send(.text("")), .abortWebSocket, .ended(.queueFull))
        var large = CallingPlaybook(.webSocket) { $0.queuedBytesLimit = 68 }
        large.step(.send(.text("aaaa")))
        large.step(.send(.text("")), .abortWebSocket, .ended(.queueFull))
    }

    @Test("a second open packet ends the session")
    func secondOpenPacket() {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text(CallingPlaybook.open), .closeEmpty, .violation(.unexpectedHandshake))
        var polling = CallingPlaybook.polling()
        polling.step(
            .polled("4a\u{1E}" + CallingPlaybook.open + "\u{1E}4b"), .deliver("a"), .violation(.unexpectedHandshake))
    }

    @Test("tells a close frame from a cut")
    func closedByServer() {
        var closed = CallingPlaybook.webSocket()
        closed.step(
            .webSocketCloses(code: 4001, reason: "x"), .ended(.webSocketClosed(code: 4001, reason: "x")))
        var cut = CallingPlaybook.webSocket()
        cut.step(.webSocketCloses(isClean: false), .ended(.lost))
    }

    @Test("a close packet ends the session once, though a close frame follows")
    func closePacket() {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text("1"), .closeEmpty, .ended(.closedByPeer))
        playbook.step(.webSocketCloses(code: 1000))
        playbook.step(.text("4late"))
    }

    @Test(
        "a bad packet ends the session", arguments: [("", EngineIOError.Code.emptyPacket), ("x", .unknownPacketType)])
    func badPacket(text: String, code: EngineIOError.Code) {
        var playbook = CallingPlaybook.webSocket()
        playbook.step(.text(text), .closeEmpty, .violation(code))
    }

    @Test(
        "closes as it is told",
        arguments: [
            (ClosingKind.orderly, [CallingSession.Action.send(.close), .closeEmpty]),
            (.webSocket(code: 4001, reason: "x"), [.closeWebSocket(code: 4001, reason: "x")]),
            (.webSocket(code: nil, reason: ""), [.closeEmpty]),
            (.webSocket(code: 1006, reason: "x"), [.closeWebSocket(code: 1006, reason: "x")]),
            (.abort, [.abortWebSocket]),
            (.refused(status: 500, body: ByteBuffer()), [.abortWebSocket]),
        ])
    func closes(how: ClosingKind, expected: [CallingSession.Action]) {
        var playbook = CallingPlaybook.webSocket()
        playbook.apply(.close(how))
        #expect(playbook.session.takeActions() == expected + [.ended(.closedLocally)])
        playbook.step(.webSocketCloses(code: 1000))
        playbook.step(.send(.text("late")))
    }

    @Test("a close before the session is open gives the WebSocket up")
    func closesBeforeOpen() {
        var connecting = CallingPlaybook(.webSocket)
        connecting.step(.close(.orderly), .abortWebSocket, .ended(.closedLocally))
        var silent = CallingPlaybook(.webSocket)
        silent.step(.webSocketOpens)
        silent.step(.close(.orderly), .closeEmpty, .ended(.closedLocally))
    }
}
