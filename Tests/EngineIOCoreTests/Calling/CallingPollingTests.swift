import EngineIOCore
import NIOCore
import Testing

@Suite("CallingSession on polling")
struct CallingPollingTests {
    @Test("opens with the first answer and takes all packets that are in it")
    func opens() {
        var playbook = CallingPlaybook(.polling)
        #expect(!playbook.session.isOpen && playbook.session.handshake == nil)
        playbook.step(
            .polled(CallingPlaybook.open + "\u{1E}40\u{1E}bAQ=="), .opened(CallingPlaybook.handshake), .deliver("0"),
            .deliver(.binary([1])), .poll)
        #expect(playbook.session.isOpen && playbook.session.handshake == CallingPlaybook.handshake)
    }

    @Test("sends what was queued before it opened")
    func queuesBeforeOpen() {
        var playbook = CallingPlaybook(.polling)
        playbook.step(.send(.text("a")))
        playbook.step(.send(.binary([1, 2, 3, 4])))
        playbook.step(
            .polled(CallingPlaybook.open), .opened(CallingPlaybook.handshake), .post("4a\u{1E}bAQIDBA=="), .poll)
    }

    @Test(
        "ends when the first packet is not an open packet",
        arguments: [
            ("40", EngineIOError(.missingHandshake)), ("6", EngineIOError(.missingHandshake)),
            ("", EngineIOError(.emptyPacket)), ("<html>", EngineIOError(.unknownPacketType)),
            (#"0{"sid":"s"}"#, EngineIOError(.badHandshake)), ("0", EngineIOError(.badHandshake)),
        ])
    func doesNotOpen(body: String, error: EngineIOError) {
        var playbook = CallingPlaybook(.polling)
        playbook.step(.polled(body), .ended(.protocolViolation(error)))
        #expect(playbook.session.isEnded)
        playbook.step(.send(.text("late")))
    }

    @Test("hands on a refusal with its status and body", arguments: [400, 401, 403, 204, 307, 502])
    func refused(status: Int) {
        var playbook = CallingPlaybook(.polling)
        playbook.step(
            .polled("go away", status: status), .ended(.refused(status: status, body: ByteBuffer(string: "go away"))))
    }

    @Test("gives up when nothing opens the session in time")
    func openTimeout() {
        var playbook = CallingPlaybook(.polling)
        #expect(playbook.millisecondsToDeadline == 20_000)
        playbook.step(.wait(19_999))
        playbook.step(.wait(1), .abortRequests, .ended(.notOpened))
        #expect(playbook.session.nextDeadline == nil)
    }

    @Test("ends where a POST is not answered in time, if there is a time for it")
    func postTimeout() {
        var playbook = CallingPlaybook.polling { $0.postTimeout = .milliseconds(100) }
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.wait(99))
        playbook.step(.posted())
        playbook.step(.wait(50))
        playbook.step(.send(.text("b")), .post("4b"))
        #expect(playbook.millisecondsToDeadline == 100)
        playbook.step(.wait(100), .abortRequests, .ended(.lost))
    }

    @Test("the time of a POST begins anew while the server takes more of it, also of the last")
    func postProgress() {
        var playbook = CallingPlaybook.polling { $0.postTimeout = .milliseconds(100) }
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.wait(60))
        playbook.step(.postProgresses)
        #expect(playbook.millisecondsToDeadline == 100)
        playbook.step(.close(.orderly))
        playbook.step(.wait(60))
        playbook.step(.posted(), .post("1"))
        playbook.step(.wait(60))
        playbook.step(.postProgresses)
        playbook.step(.wait(99))
        playbook.step(.wait(1), .abortRequests, .ended(.closedLocally))
    }

    @Test("ends a minute after it was closed, however many POSTs are still answered")
    func closeLimit() {
        var playbook = CallingPlaybook.polling { $0.postTimeout = .seconds(50) }
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.close(.orderly))
        playbook.step(.wait(40_000))
        playbook.step(.postProgresses)
        #expect(playbook.millisecondsToDeadline == 20_000)
        playbook.step(.posted(), .post("1"))
        playbook.step(.wait(19_999))
        playbook.step(.wait(1), .abortRequests, .ended(.closedLocally))
    }

    @Test("where a POST has no time of its own, that of the closing does not begin anew")
    func postProgressWithoutTimeout() {
        var playbook = CallingPlaybook.polling { $0.closeWait = .milliseconds(100) }
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.close(.orderly))
        playbook.step(.wait(60))
        playbook.step(.postProgresses)
        playbook.step(.wait(40), .abortRequests, .ended(.closedLocally))
    }

    @Test("a POST that may take longer than the closing as a whole still may, and so may those that have no time")
    func closeLimitOfSlowPosts() {
        var slow = CallingPlaybook.polling { $0.postTimeout = .seconds(100) }
        slow.step(.close(.orderly), .post("1"))
        #expect(slow.millisecondsToDeadline == 100_000)
        var timeless = CallingPlaybook.polling { $0.closeWait = .seconds(50) }
        timeless.step(.send(.text("a")), .post("4a"))
        timeless.step(.close(.orderly))
        timeless.step(.wait(40_000))
        timeless.step(.posted(), .post("1"))
        #expect(timeless.millisecondsToDeadline == 50_000)
    }

    @Test("polls again after each answer, and posts one body at a time, whatever the answers say")
    func posts() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.send(.text("b")))
        playbook.step(.send(.text("c")))
        playbook.step(.polled("4x"), .deliver("x"), .poll)
        playbook.step(.posted("ok"), .post("4b\u{1E}4c"))
        playbook.step(.posted("OK"))
        playbook.step(.send(.text("d")), .post("4d"))
        playbook.step(.posted(""))
    }

    @Test("puts at most 16 packets into a POST", arguments: [16, 17, 40])
    func packetsPerPayload(count: Int) {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("first")), .post("4first"))
        let messages = (0..<count).map { "4\($0)" }
        for message in messages { playbook.step(.send(.text(String(message.dropFirst())))) }
        for start in stride(from: 0, to: count, by: 16) {
            playbook.step(.posted(), .post(messages[start..<min(start + 16, count)].joined(separator: "\u{1E}")))
        }
        playbook.step(.posted())
    }

    @Test("keeps a POST within the server's maxPayload, but for a single packet that is larger")
    func bytesPerPayload() {
        var playbook = CallingPlaybook(.polling)
        for text in ["aaaaa", "bbbb", "ccccc", "ddddd", String(repeating: "e", count: 100)] {
            playbook.step(.send(.text(text)))
        }
        playbook.apply(.polled(#"0{"sid":"s","pingInterval":300,"pingTimeout":200,"maxPayload":12}"#))
        #expect(playbook.session.takeActions().dropFirst() == [.post("4aaaaa\u{1E}4bbbb"), .poll])
        playbook.step(.posted(), .post("4ccccc"))
        playbook.step(.posted(), .post("4ddddd"))
        playbook.step(.posted(), .post("4" + String(repeating: "e", count: 100)))
        playbook.step(.posted())
    }

    @Test(
        "keeps a POST within its own limit where the server's is larger or missing",
        arguments: ["", #","maxPayload":99"#])
    func ownBytesLimit(maxPayload: String) {
        var playbook = CallingPlaybook(.polling) { $0.payloadBytesLimit = 5 }
        for text in ["a", "b", "c"] { playbook.step(.send(.text(text))) }
        playbook.apply(.polled(#"0{"sid":"s","pingInterval":300,"pingTimeout":200\#(maxPayload)}"#))
        #expect(playbook.session.takeActions().dropFirst() == [.post("4a\u{1E}4b"), .poll])
    }

    @Test("takes one message while no more than its limit waits, and ends with the one after it")
    func queueLimit() {
        // 1 + 4 bytes and an overhead of 64 each
        var full = CallingPlaybook.polling { $0.queuedBytesLimit = 138 }
        full.step(.send(.text("first")), .post("4first"))
        for _ in 0..<3 { full.step(.send(.text("aaaa"))) }
        #expect(full.session.queuedBytes == 207)
        full.step(.send(.text("")), .abortRequests, .ended(.queueFull))
        #expect(full.session.queuedBytes == 0)

        var past = CallingPlaybook.polling { $0.queuedBytesLimit = 137 }
        past.step(.send(.text("first")), .post("4first"))
        for _ in 0..<2 { past.step(.send(.text("aaaa"))) }
        past.step(.send(.text("aaaa")), .abortRequests, .ended(.queueFull))
    }

    @Test("answers pings though its queue is full, as long as they are few and small")
    func pongsPastTheLimit() {
        func full() -> CallingPlaybook {
            var playbook = CallingPlaybook.polling { $0.queuedBytesLimit = 0 }
            playbook.step(.send(.text("first")), .post("4first"))
            playbook.step(.send(.text("aaaa")))
            return playbook
        }
        var playbook = full()
        for _ in 0..<16 { playbook.step(.polled("2"), .heartbeat, .poll) }
        playbook.apply(.polled("2"))
        #expect(playbook.session.takeActions() == [.abortRequests, .ended(.queueFull)])

        var answered = full()
        for _ in 0..<16 { answered.step(.polled("2"), .heartbeat, .poll) }
        answered.step(.posted(), .post("4aaaa" + String(repeating: "\u{1E}3", count: 15)))
        answered.step(.polled("2"), .heartbeat, .poll)  // there is room again

        var large = full()
        large.apply(.polled("2" + String(repeating: "x", count: 17)))
        #expect(large.session.isEnded)
    }

    @Test("takes as many packets in an answer as configured, and not one more")
    func packetLimit() {
        var playbook = CallingPlaybook.polling { $0.packetsPerPayloadReceived = 3 }
        playbook.step(.polled("4a\u{1E}4b\u{1E}4c"), .deliver("a"), .deliver("b"), .deliver("c"), .poll)
        playbook.step(
            .polled("4a\u{1E}4b\u{1E}4c\u{1E}4d"), .deliver("a"), .deliver("b"), .deliver("c"),
            .violation(.tooManyPackets, at: 9))
    }

    @Test("takes many more packets in an answer than it sends itself")
    func manyPackets() {
        var playbook = CallingPlaybook.polling()
        playbook.apply(.polled((0..<1000).map { "4\($0)" }.joined(separator: "\u{1E}")))
        #expect(playbook.session.takeActions() == (0..<1000).map { .deliver("\($0)") } + [.poll])
    }

    @Test("answers a ping with its content, in order with the messages")
    func answersPings() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.polled("4x\u{1E}2"), .deliver("x"), .post("3"), .heartbeat, .poll)
        playbook.step(.send(.text("a")))
        playbook.step(.polled("2y"), .heartbeat, .poll)
        playbook.step(.send(.text("b")))
        playbook.step(.posted(), .post("4a\u{1E}3y\u{1E}4b"))
    }

    @Test("ends when no packet comes for pingInterval and pingTimeout; any packet counts")
    func pingTimeout() {
        var playbook = CallingPlaybook.polling()
        #expect(playbook.millisecondsToDeadline == 500)
        for packet in ["6", "3", "4a", "2"] {
            playbook.step(.wait(499))
            playbook.apply(.polled(packet))
            _ = playbook.session.takeActions()
        }
        playbook.step(.posted())
        playbook.step(.wait(499))
        playbook.step(.wait(1), .abortRequests, .ended(.pingTimeout))
        playbook.step(.polled("4late"))
    }

    @Test("ignores pongs, upgrades and noops", arguments: ["3", "5", "6"])
    func ignores(packet: String) {
        var playbook = CallingPlaybook.polling()
        playbook.step(.polled(packet), .poll)
    }

    @Test("a close packet ends the session; what follows it is not looked at")
    func closedByServer() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.polled("4a\u{1E}6\u{1E}1\u{1E}4b\u{1E}x"), .deliver("a"), .ended(.closedByPeer))
    }

    @Test("a bad packet ends the session after the packets before it")
    func badPacket() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("m")), .post("4m"))
        playbook.step(.polled("4a\u{1E}x"), .deliver("a"), .abortRequests, .violation(.unknownPacketType, at: 3))
    }

    @Test("a poll or POST that is refused or fails ends the session")
    func failures() {
        let gone = #"{"code":1,"message":"Session ID unknown"}"#
        let refused = CallingSession.Action.ended(.refused(status: 400, body: ByteBuffer(string: gone)))
        var poll = CallingPlaybook.polling()
        poll.step(.polled(gone, status: 400), refused)
        var post = CallingPlaybook.polling()
        post.step(.send(.text("a")), .post("4a"))
        post.step(.posted(gone, status: 400), .abortRequests, refused)
        var lostPoll = CallingPlaybook.polling()
        lostPoll.step(.pollFails, .ended(.lost))
        lostPoll.step(.pollFails)
        var lostPost = CallingPlaybook.polling()
        lostPost.step(.send(.text("a")), .post("4a"))
        lostPost.step(.postFails, .abortRequests, .ended(.lost))
        lostPost.step(.posted())
    }

    // MARK: Closing

    @Test(
        "posts a close packet after what is queued, and ends when it is answered",
        arguments: [ClosingKind.orderly, .abort, .webSocket(code: 4001, reason: "x")])
    func closes(how: ClosingKind) {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.send(.text("b")))
        playbook.step(.close(how))
        playbook.step(.close(.orderly))
        playbook.step(.send(.text("late")))
        playbook.step(.polled("4ignored"))
        playbook.step(.posted(), .post("4b\u{1E}1"))
        #expect(!playbook.session.isOpen && !playbook.session.isEnded)
        playbook.step(.posted(), .ended(.closedLocally))
    }

    @Test("gives up the pending poll when the close packet is answered")
    func closesWithPendingPoll() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.close(.orderly), .post("1"))
        playbook.step(.posted(), .abortRequests, .ended(.closedLocally))
    }

    @Test("posts a long queue in several bodies before the close packet")
    func closesWithLongQueue() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("first")), .post("4first"))
        for _ in 0..<16 { playbook.step(.send(.text("a"))) }
        playbook.step(.close(.orderly))
        playbook.step(.posted(), .post(Array(repeating: "4a", count: 16).joined(separator: "\u{1E}")))
        playbook.step(.posted(), .post("1"))
        playbook.step(.posted(), .abortRequests, .ended(.closedLocally))
    }

    @Test("a failure while closing is as good as an answer", arguments: [true, false])
    func failsWhileClosing(isRefused: Bool) {
        var playbook = CallingPlaybook.polling()
        playbook.step(.close(.orderly), .post("1"))
        playbook.step(.pollFails)
        playbook.step(isRefused ? .posted("", status: 400) : .postFails, .ended(.closedLocally))
    }

    @Test("does not wait for ever for the last answer; each answer before it gives the next as long")
    func closeWait() {
        var playbook = CallingPlaybook.polling()
        playbook.step(.send(.text("a")), .post("4a"))
        playbook.step(.close(.orderly))
        playbook.step(.wait(9_999))
        playbook.step(.posted(), .post("1"))
        playbook.step(.wait(9_999))
        #expect(playbook.millisecondsToDeadline == 1)
        playbook.step(.wait(1), .abortRequests, .ended(.closedLocally))
    }

    @Test("a close before the session is open gives the request up")
    func closesBeforeOpen() {
        var playbook = CallingPlaybook(.polling)
        playbook.step(.close(.orderly), .abortRequests, .ended(.closedLocally))
        playbook.step(.polled(CallingPlaybook.open))
    }
}
