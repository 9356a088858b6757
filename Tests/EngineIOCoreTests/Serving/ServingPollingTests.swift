import EngineIOCore
import NIOCore
import Testing

@Suite("ServingSession on polling")
struct ServingPollingTests {
    @Test("answers the first poll with the open packet and the messages queued before")
    func opens() {
        var playbook = ServingPlaybook(.polling)
        playbook.step(.send(.text("a")))
        playbook.step(.send(.binary([1, 2, 3, 4])))
        playbook.step(.poll(1), .answer(1, ServingPlaybook.open + "\u{1E}4a\u{1E}bAQIDBA=="))
    }

    @Test("holds a poll until there is something to send")
    func waits() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.send(.text("a")), .answer(2, "4a"))
        playbook.step(.send(.text("b")))
        playbook.step(.send(.text("c")))
        #expect(playbook.session.queuedBytes > 0)
        playbook.step(.poll(3), .answer(3, "4b\u{1E}4c"))
        #expect(playbook.session.queuedBytes == 0)
    }

    @Test("delivers the packets of a POST in order and answers ok")
    func posts() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.post(2, "4a\u{1E}4b\u{1E}4c"), .deliver("a"), .deliver("b"), .deliver("c"), .ok(2))
        playbook.step(.post(3, "bAQIDBA=="), .deliver(.binary([1, 2, 3, 4])), .ok(3))
        playbook.step(.post(4, "bAQIDBA"), .deliver(.binary([1, 2, 3, 4])), .ok(4))
        playbook.step(.post(5, #"42["a\u001eb"]"#), .deliver(#"2["a\u001eb"]"#), .ok(5))
    }

    @Test("ignores open, upgrade and noop packets from a client", arguments: ["0", "5", "6", "6\u{1E}5\u{1E}0"])
    func ignores(body: String) {
        var playbook = ServingPlaybook.polling()
        playbook.step(.post(2, body), .ok(2))
        #expect(!playbook.session.isEnded)
    }

    @Test("refuses a second poll, tells the first of the end, and ends")
    func overlappingPolls() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.poll(3), .empty(3, 400), .answer(2, "1"), .violation(.overlappingPoll))
        #expect(playbook.session.isFinished)
        playbook.step(.poll(4), .unknownSession(4))
    }

    @Test("refuses a second POST and ends; the first is answered when it is there")
    func overlappingPosts() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.beginPost(3))
        playbook.step(.beginPost(4), .empty(4, 400), .answer(2, "1"), .violation(.overlappingPost))
        #expect(playbook.session.isEnded && !playbook.session.isFinished)
        playbook.step(.finishPost(3, "4a"), .unknownSession(3))
        #expect(playbook.session.isFinished)
    }

    @Test(
        "refuses a binary POST and ends",
        arguments: ["application/octet-stream", "Application/Octet-Stream; x=y", "application/octet-stream ;x"])
    func binaryPost(contentType: String) {
        var playbook = ServingPlaybook.polling()
        playbook.step(
            .beginPost(2, contentType: contentType), .empty(2, 400), .violation(.binaryContentType))
        #expect(playbook.session.isFinished)
    }

    @Test("takes every other content type", arguments: [nil, "", "text/plain", "application/octet-streams"])
    func otherContentTypes(contentType: String?) {
        var playbook = ServingPlaybook.polling()
        playbook.step(.beginPost(2, contentType: contentType))
        playbook.step(.finishPost(2, "4a"), .deliver("a"), .ok(2))
    }

    @Test("an empty POST ends the session, though it is answered ok")
    func emptyPost() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.post(3, ""), .ok(3), .answer(2, "1"), .violation(.emptyPacket))
    }

    @Test("a bad packet ends the session after the packets before it, though the POST is answered ok")
    func badPacket() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.post(2, "4a\u{1E}x\u{1E}4b"), .deliver("a"), .ok(2), .violation(.unknownPacketType, at: 3))
        playbook.step(.poll(3), .unknownSession(3))
        playbook.step(.beginPost(4), .unknownSession(4))
    }

    @Test("a body that was too large is answered 413, and the session lives on")
    func tooLarge() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.beginPost(2))
        playbook.step(.failPost(2), .empty(2, 413))
        playbook.step(.post(3, "4a"), .deliver("a"), .ok(3))
    }

    @Test("a poll or POST whose connection is cut ends the session")
    func aborts() {
        var poll = ServingPlaybook.polling()
        poll.step(.poll(2))
        poll.step(.abort(2), .ended(.lost))
        #expect(poll.session.isFinished)
        poll.step(.abort(2))

        var post = ServingPlaybook.polling()
        post.step(.poll(2))
        post.step(.beginPost(3))
        post.step(.abort(3), .answer(2, "1"), .ended(.lost))
        #expect(post.session.isFinished)
    }

    @Test("what happens to requests it does not know, or has answered, is nothing")
    func strangers() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.abort(1))
        playbook.step(.finishPost(7, "1"))
        playbook.step(.failPost(7))
        playbook.step(.closeWebSocket(7))
        playbook.step(.text(7, "4a"))
        #expect(!playbook.session.isEnded)
    }

    @Test("a close packet from the client ends the session, and the pending poll gets a noop")
    func closedByClient() {
        var playbook = ServingPlaybook.polling()
        playbook.step(.poll(2))
        playbook.step(.post(3, "4a\u{1E}1\u{1E}4b"), .deliver("a"), .ok(3), .answer(2, "6"), .ended(.closedByPeer))
        #expect(playbook.session.isFinished)
        playbook.step(.poll(4), .unknownSession(4))
    }

    @Test("takes as many packets in a POST as configured, and not one more")
    func packetLimit() {
        var playbook = ServingPlaybook.polling { $0.packetsPerPayloadReceived = 3 }
        playbook.step(.post(2, "6\u{1E}6\u{1E}6"), .ok(2))
        playbook.step(.post(3, "6\u{1E}6\u{1E}6\u{1E}6"), .ok(3), .violation(.tooManyPackets, at: 6))
    }

    @Test("puts at most 16 packets into an answer", arguments: [16, 17, 40])
    func packetsPerPayload(count: Int) {
        var playbook = ServingPlaybook.polling()
        let messages = (0..<count).map { "4\($0)" }
        for message in messages { playbook.step(.send(.text(String(message.dropFirst())))) }
        var id: UInt64 = 2
        for start in stride(from: 0, to: count, by: 16) {
            let body = messages[start..<min(start + 16, count)].joined(separator: "\u{1E}")
            playbook.step(.poll(id), .answer(id, body))
            id += 1
        }
        playbook.step(.poll(id))
    }

    @Test("keeps an answer within its bytes, but for a single packet that is larger")
    func bytesPerPayload() {
        var playbook = ServingPlaybook.polling { $0.payloadBytesLimit = 12 }
        playbook.step(.send(.text("aaaaa")))  // 6 bytes as packet
        playbook.step(.send(.text("bbbb")))  // 5: together with the separator exactly 12
        playbook.step(.send(.text("ccccc")))
        playbook.step(.send(.text("ddddd")))  // 13 together
        playbook.step(.send(.text(String(repeating: "e", count: 100))))
        playbook.step(.send(.binary([1])))  // 5 in base64
        playbook.step(.poll(2), .answer(2, "4aaaaa\u{1E}4bbbb"))
        playbook.step(.poll(3), .answer(3, "4ccccc"))
        playbook.step(.poll(4), .answer(4, "4ddddd"))
        playbook.step(.poll(5), .answer(5, "4" + String(repeating: "e", count: 100)))
        playbook.step(.poll(6), .answer(6, "bAQ=="))
    }

    @Test("takes one message while no more than its limit waits, and ends with the one after it")
    func queueLimit() {
        // 1 + 4 bytes and an overhead of 64 each
        var playbook = ServingPlaybook.polling { $0.queuedBytesLimit = 300 }
        var past = ServingPlaybook.polling { $0.queuedBytesLimit = 137 }
        for _ in 0..<2 { past.step(.send(.text("aaaa"))) }
        past.step(.send(.text("aaaa")), .ended(.queueFull))
        #expect(past.session.queuedBytes == 0)
        var full = ServingPlaybook.polling { $0.queuedBytesLimit = 138 }
        for _ in 0..<3 { full.step(.send(.text("aaaa"))) }
        #expect(full.session.queuedBytes == 207)
        full.step(.send(.text("")), .ended(.queueFull))
        full.step(.poll(2), .unknownSession(2))

        for _ in 0..<5 { playbook.step(.send(.text(""))) }
        playbook.step(.send(.text("")), .ended(.queueFull))  // empty messages fill it too
    }

    @Test("takes a message larger than its limit while nothing waits, and pings all the same")
    func largeMessage() {
        let large = String(repeating: "x", count: 1000)
        var playbook = ServingPlaybook.polling { $0.queuedBytesLimit = 100 }
        playbook.step(.send(.text(large)))
        playbook.step(.wait(300))  // the ping joins it
        playbook.step(.poll(2), .answer(2, "4\(large)\u{1E}2"))
        playbook.step(.send(.binary([1])))
        playbook.step(.send(.text(large)))
        playbook.step(.send(.text("")), .ended(.queueFull))
    }
}
