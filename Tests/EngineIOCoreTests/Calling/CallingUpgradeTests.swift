import EngineIOCore
import NIOCore
import Testing

@Suite("CallingSession during an upgrade")
struct CallingUpgradeTests {
    @Test("upgrades only where the server offers it, from open polling, and once")
    func canUpgrade() {
        var early = CallingPlaybook(.polling)
        #expect(!early.session.canUpgrade)
        early.step(.upgrade)
        var notOffered = CallingPlaybook(.polling)
        notOffered.apply(.polled(#"0{"sid":"s","upgrades":["webtransport"],"pingInterval":300,"pingTimeout":200}"#))
        _ = notOffered.session.takeActions()
        notOffered.step(.upgrade)
        var webSocket = CallingPlaybook.webSocket()
        webSocket.step(.upgrade)
        var polling = CallingPlaybook.polling()
        #expect(polling.session.canUpgrade)
        polling.step(.upgrade, .openWebSocket)
        #expect(!polling.session.canUpgrade)
        polling.step(.upgrade)
    }

    @Test("keeps polling and posting while it probes")
    func probes() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.upgrade, .openWebSocket)
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.webSocketOpens, .send(.ping(ByteBuffer(string: "probe"))))
        playbook.step(.posted())
        playbook.step(.polled("4b"), .deliver("b"), .poll)
        playbook.step(.send(.text("c")), .post("4c"))
        #expect(playbook.session.transport == .polling)
    }

    @Test("waits for the requests under way, takes their messages first, then upgrades and sends the queue")
    func upgrades() {
        var playbook = CallingPlaybook.probing()
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.text("3probe"))
        playbook.step(.send(.text("b")))
        playbook.step(.polled("4x\u{1E}2\u{1E}4y"), .deliver("x"), .heartbeat, .deliver("y"))
        playbook.step(.send(.binary([1])))
        playbook.step(
            .posted(), .send(.upgrade), .upgraded, .message("b"), .pong(""), .send(.message(.binary([1]))))
        #expect(playbook.session.transport == .webSocket && playbook.session.queuedBytes == 0)
        playbook.step(.text("4z"), .deliver("z"))
        playbook.step(.send(.text("c")), .message("c"))
    }

    @Test("upgrades when the poll is answered last, and does not poll again")
    func pollIsLast() {
        var playbook = CallingPlaybook.probing()
        playbook.step(.text("3probe"))
        playbook.step(.polled("6"), .send(.upgrade), .upgraded)
        playbook.step(.wait(400))
        playbook.step(.text("2"), .pong(""), .heartbeat)
        #expect(playbook.millisecondsToDeadline == 500)
    }

    @Test("ignores noops on the WebSocket, before and after the upgrade")
    func strayNoops() {
        var playbook = CallingPlaybook.probing()
        playbook.step(.text("6"))
        playbook.step(.text("3probe"))
        playbook.step(.text("6"))
        playbook.step(.polled("6"), .send(.upgrade), .upgraded)
        playbook.step(.text("6"))
        #expect(!playbook.session.isEnded)
    }

    @Test("stays on polling when the WebSocket is refused or cannot be opened in time", arguments: [true, false])
    func notOpened(isRefused: Bool) {
        var playbook = CallingPlaybook.polling { $0.probeTimeout = .milliseconds(100) }
        playbook.step(.upgrade, .openWebSocket)
        if isRefused {
            playbook.step(.webSocketRefused, .upgradeFailed)
        } else {
            playbook.step(.wait(99))
            #expect(playbook.millisecondsToDeadline == 1)
            playbook.step(.wait(1), .abortWebSocket, .upgradeFailed)
        }
        playbook.step(.polled("4a"), .deliver("a"), .poll)
        playbook.step(.upgrade)
        #expect(!playbook.session.canUpgrade)
    }

    @Test("stays on polling when the probe is answered wrongly", arguments: ["3", "3probes", "4a", "1", "x", ""])
    func wrongAnswer(text: String) {
        var playbook = CallingPlaybook.probing()
        playbook.step(.text(text), .closeEmpty, .upgradeFailed)
        playbook.step(.text("3probe"))
        playbook.step(.webSocketCloses())
        playbook.step(.polled("4a"), .deliver("a"), .poll)
        playbook.step(.send(.text("b")), .post("4b"))
    }

    @Test("stays on polling when the probe is not answered in time, or closed, or cut")
    func probeFails() {
        var silent = CallingPlaybook.probing { $0.probeTimeout = .milliseconds(100) }
        silent.step(.wait(100), .closeEmpty, .upgradeFailed)
        var closed = CallingPlaybook.probing()
        closed.step(.webSocketCloses(), .upgradeFailed)
        var cut = CallingPlaybook.probing()
        cut.step(.webSocketCloses(isClean: false), .upgradeFailed)
        cut.step(.polled("6"), .poll)
    }

    @Test("goes back to polling with its queue when the WebSocket fails between the probe and the upgrade")
    func failsWhileDraining() {
        var idle = CallingPlaybook.probing()
        idle.step(.send(.text("a")), .post("4a"))
        idle.step(.text("3probe"))
        idle.step(.polled("6"))
        idle.step(.send(.text("b")))
        idle.step(.webSocketCloses(isClean: false), .upgradeFailed, .poll)
        idle.step(.posted(), .post("4b"))

        var stuck = CallingPlaybook.probing { $0.probeTimeout = .milliseconds(100) }
        stuck.step(.text("3probe"))
        stuck.step(.send(.text("b")))
        stuck.step(.wait(100), .closeEmpty, .upgradeFailed, .post("4b"))
        stuck.step(.polled("6"), .poll)

        var early = CallingPlaybook.probing()
        early.step(.text("3probe"))
        early.step(.text("4early"), .closeEmpty, .upgradeFailed)
    }

    @Test("a close from the server during the upgrade ends the session once")
    func closedByServer() {
        var playbook = CallingPlaybook.probing()
        playbook.step(.text("3probe"))
        playbook.step(.polled("1"), .closeEmpty, .ended(.closedByPeer))
        playbook.step(.webSocketCloses())
        var connecting = CallingPlaybook.polling()
        connecting.step(.upgrade, .openWebSocket)
        connecting.step(.polled("1"), .abortWebSocket, .ended(.closedByPeer))
        connecting.step(.webSocketOpens)
    }

    @Test("a local close during the upgrade gives the WebSocket up and closes by polling")
    func closes() {
        var playbook = CallingPlaybook.probing()
        playbook.step(.text("3probe"))
        playbook.step(.send(.text("a")))
        playbook.step(.close(.orderly), .closeEmpty, .post("4a\u{1E}1"))
        playbook.step(.posted(), .abortRequests, .ended(.closedLocally))
        var connecting = CallingPlaybook.polling()
        connecting.step(.upgrade, .openWebSocket)
        connecting.step(.close(.orderly), .abortWebSocket, .post("1"))
    }
}
