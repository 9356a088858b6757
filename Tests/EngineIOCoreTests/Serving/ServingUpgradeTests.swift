import EngineIOCore
import NIOCore
import Testing

@Suite("ServingSession during an upgrade")
struct ServingUpgradeTests {
    @Test("answers the probe, and the pending poll with a noop at once")
    func probes() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9), .answer(2, "6"))
        playbook.step(.text(9, "5"), .upgraded)
        #expect(playbook.session.transport == .webSocket)
    }

    @Test("answers later polls with a noop every 100 ms")
    func noops() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.poll(2))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9), .answer(2, "6"))
        playbook.step(.poll(3))
        #expect(playbook.millisecondsToDeadline == 100)
        playbook.step(.wait(99))
        playbook.step(.wait(1), .answer(3, "6"))
        playbook.step(.wait(100))
        playbook.step(.poll(4), .answer(4, "6"))
    }

    @Test("does not answer with a noop before the probe came")
    func noNoopBeforeProbe() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.openWebSocket(9))
        playbook.step(.wait(250))
        #expect(playbook.millisecondsToDeadline == 50)  // the ping
    }

    @Test("goes on by polling until the upgrade packet, in both directions, and a noop overtakes nothing")
    func continuesPolling() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9))
        playbook.step(.send(.text("a")))
        playbook.step(.poll(2), .answer(2, "4a"))
        playbook.step(.post(3, "4b"), .deliver("b"), .ok(3))
        playbook.step(.post(4, "6"), .ok(4))  // as the Swift client does
        playbook.step(.poll(5), .answer(5, "6"))
        playbook.step(.text(9, "5"), .upgraded)
        playbook.step(.text(9, "4c"), .deliver("c"))
    }

    @Test("at the upgrade packet ends the pending poll with a close packet and moves the queue in order")
    func upgrades() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9))
        playbook.step(.send(.text("a")))
        playbook.step(.send(.binary([1])))
        playbook.step(.wait(300))
        playbook.step(.send(.text("b")))
        playbook.step(
            .text(9, "5"), .upgraded, .message("a", on: 9), .send(.message(.binary([1])), on: .n(9)), .ping(on: 9),
            .message("b", on: 9))
        #expect(playbook.session.queuedBytes == 0)

        var pending = ServingPlaybook.polling()
        pending.step(.openWebSocket(9))
        pending.step(.text(9, "2probe"), .pong("probe", on: 9))
        pending.step(.poll(2), .answer(2, "6"))
        pending.step(.poll(3))
        pending.step(.text(9, "5"), .answer(3, "1"), .upgraded)
    }

    @Test("delivers a POST that was under way at the upgrade, and does not mind one that is cut")
    func postAcrossUpgrade() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.beginPost(2))
        playbook.step(.text(9, "5"), .upgraded)
        playbook.step(.finishPost(2, "4a"), .deliver("a"), .ok(2))

        var cut = ServingPlaybook.polling()
        cut.step(.openWebSocket(9))
        cut.step(.beginPost(2))
        cut.step(.text(9, "5"), .upgraded)
        cut.step(.abort(2))
        cut.step(.text(9, "4a"), .deliver("a"))
    }

    @Test(
        "closes a WebSocket that begins with anything else, and only that",
        arguments: ["4x", "2", "2probes", "3probe", "1", "0", "6", "x", ""])
    func refusesProbe(text: String) {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, text), .closeEmpty(9))
        playbook.step(.text(9, "4ignored"))
        playbook.step(.send(.text("a")), .answer(2, "4a"))
        #expect(playbook.session.transport == .polling)
    }

    @Test("closes a WebSocket that begins with a binary message")
    func refusesBinaryProbe() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.binary(9, Array("2probe".utf8)), .closeEmpty(9))
    }

    @Test("closes a WebSocket that does not upgrade in time, probed or not", arguments: [true, false])
    func times(isProbed: Bool) {
        var playbook = ServingPlaybook.polling { $0.handshake.pingIntervalMilliseconds = 60_000 }
        playbook.step(.openWebSocket(9))
        if isProbed { playbook.step(.text(9, "2probe"), .pong("probe", on: 9)) }
        playbook.step(.wait(9_999))
        #expect(playbook.millisecondsToDeadline == 1)
        playbook.step(.wait(1), .closeEmpty(9))
        playbook.step(.poll(2))
        playbook.step(.send(.text("a")), .answer(2, "4a"))
        playbook.step(.openWebSocket(10))  // it may try again
        playbook.step(.text(10, "2probe"), .pong("probe", on: 10))
    }

    @Test("goes on by polling when the probing WebSocket closes or is cut", arguments: [true, false])
    func probeCloses(isClean: Bool) {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9))
        playbook.step(.closeWebSocket(9, code: 1001, isClean: isClean))
        playbook.step(.poll(2))
        playbook.step(.wait(100))
        playbook.step(.send(.text("a")), .answer(2, "4a"))
    }

    @Test("closes a second WebSocket of an upgrading or upgraded session at once")
    func secondWebSocket() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.openWebSocket(10), .closeEmpty(10))
        playbook.step(.text(9, "2probe"), .pong("probe", on: 9))
        playbook.step(.openWebSocket(11), .closeEmpty(11))
        playbook.step(.text(9, "5"), .upgraded)
        playbook.step(.openWebSocket(12), .closeEmpty(12))
        playbook.step(.closeWebSocket(12))
        playbook.step(.text(9, "4a"), .deliver("a"))
    }

    @Test("offers no upgrade where none is allowed, and closes a WebSocket that comes all the same")
    func doesNotAllow() {
        var playbook = ServingPlaybook(.polling) { $0.allowsUpgrade = false }
        playbook.step(.poll(1), .answer(1, ServingPlaybook.openOnWebSocket))
        playbook.step(.openWebSocket(9), .closeEmpty(9))
    }

    @Test("refuses requests after the upgrade, and the session does not mind")
    func requestsAfterUpgrade() {
        var playbook = ServingPlaybook.upgraded()
        playbook.step(.poll(2), .refused(2, #"{"code":3,"message":"Bad request"}"#))
        playbook.step(.beginPost(3), .refused(3, #"{"code":3,"message":"Bad request"}"#))
        playbook.step(.text(9, "4a"), .deliver("a"))
    }

    @Test("an end while a WebSocket probes closes that too")
    func endsWhileProbing() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.poll(2))
        playbook.step(.post(3, "1"), .ok(3), .answer(2, "6"), .closeEmpty(9), .ended(.closedByPeer))
        playbook.step(.closeWebSocket(9))
    }

    @Test("text by polling and its attachments on the WebSocket come in order")
    func attachmentsAcrossUpgrade() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.openWebSocket(9))
        playbook.step(.post(2, "452-[]\u{1E}bAQ=="), .deliver("52-[]"), .deliver(.binary([1])), .ok(2))
        playbook.step(.text(9, "5"), .upgraded)
        playbook.step(.binary(9, [2]), .deliver(.binary([2])))
    }
}
