import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonCore

@Suite("Bridge")
struct BridgeTests {
    @Test("forwards an event as the very message it came in, and records it")
    func forwards() {
        let playbook = Playbook()
        let frames = ByteBuffer(string: "the frame as it came")
        let message = EngineMessage(
            .text, ByteBuffer(string: #"2["n",12345678901234567890,1.0,1e3,"\ud83d"]"#), frames: frames)

        #expect(playbook.receive(message, from: .client) == [.send(message, to: .upstream)])
        #expect(playbook.sentFrames == [frames])
        #expect(playbook.records == ["client event / forwarded"])
    }

    @Test("sends a packet and its attachments as one unit once the last is in")
    func attachments() {
        let playbook = Playbook()
        let text = EngineMessage.text(#"52-["f",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#)
        let first = EngineMessage.binary([1]), second = EngineMessage.binary([2])

        #expect(playbook.receive(text, from: .upstream) == [])
        #expect(playbook.receive(first, from: .upstream) == [])
        let unit = [text, first, second].map { BridgeAction.send($0, to: .client) }
        #expect(playbook.receive(second, from: .upstream) == unit)
        #expect(playbook.records == ["upstream event / forwarded"])
    }

    @Test(
        "passes what is no packet as it came, and records it as opaque",
        arguments: [EngineMessage.text("9[]"), .text(""), .text("51[]"), .text("51001-[]"), .binary([0x84, 0xA4])])
    func opaque(message: EngineMessage) {
        let playbook = Playbook()
        #expect(playbook.receive(message, from: .client) == [.send(message, to: .upstream)])
        #expect(playbook.records == ["client opaque / forwarded"])
    }

    @Test("passes an unfinished packet as it came when a text message takes the place of an attachment")
    func unfinished() {
        let playbook = Playbook()
        let broken = EngineMessage.text(#"52-["f"]"#), attachment = EngineMessage.binary([1])
        let next = EngineMessage.text(#"2["x"]"#)
        _ = playbook.receive(broken, from: .client)
        _ = playbook.receive(attachment, from: .client)

        #expect(playbook.receive(next, from: .client) == [broken, attachment, next].map { .send($0, to: .upstream) })
        #expect(
            playbook.records == ["client opaque / forwarded", "client opaque / forwarded", "client event / forwarded"])
    }

    @Test("ends the connection in strict mode where it would pass an opaque message")
    func strict() {
        let playbook = Playbook(isStrict: true)
        #expect(playbook.receive(.text("9"), from: .client) == [.end(.client, SocketIOError(.unknownKind, at: 0))])
        #expect(playbook.records == [])
    }

    @Test("drops what the chain drops, and answers its sender where the chain says so")
    func drops() {
        let playbook = Playbook(chain: [Dropping(name: "gone", answer: nil), Dropping(name: "replied", answer: "[1]")])
        #expect(playbook.receive(.text(#"2["gone",1]"#), from: .client) == [])
        #expect(playbook.receive(.text(#"2/a,7["replied"]"#), from: .client) == [.send(.text("3/a,7[1]"), to: .client)])
        #expect(playbook.receive(.text(#"2["replied"]"#), from: .client) == [])
        #expect(
            playbook.records == [
                "client event / dropped", "client event /a dropped,replied",
                "upstream ack /a replied,forwarded injected",
                "client event / dropped,replied",
            ])
    }

    @Test("records the original beside what the chain made of it")
    func modifies() {
        let playbook = Playbook(chain: [Renaming(from: "a", to: "b")])
        #expect(playbook.receive(.text(#"2["a",1]"#), from: .client) == [.send(.text(#"2["b"]"#), to: .upstream)])
        #expect(playbook.records == ["client event / modified,forwarded was 2[\"a\",1]"])
    }

    // MARK: Injection

    @Test("injects only into a namespace that the upstream has accepted and nobody has left")
    func namespaces() throws {
        let playbook = Playbook()
        func isJoined() -> Bool {
            do { try playbook.inject(to: .client, namespace: "/a") } catch { return false }
            return true
        }
        #expect(!isJoined())
        _ = playbook.receive(.text("0/a,"), from: .client)
        #expect(!isJoined())
        _ = playbook.receive(.text(#"0/a,{"sid":"S"}"#), from: .upstream)
        #expect(isJoined())
        #expect(playbook.bridge.joinedNamespaces.map(\.sid) == ["S"])
        _ = playbook.receive(.text("1/a,"), from: .client)
        #expect(!isJoined())
    }

    @Test("gives the ack of an injected event to its caller alone", arguments: Side.allCases)
    func acknowledges(side: Side) throws {
        let playbook = Playbook(joined: ["/"])
        let pending = try #require(try playbook.inject(to: side, wantsAck: true))
        #expect(playbook.actions() == [.send(.text(#"21073741824["x"]"#), to: side)])

        let ack = EngineMessage.text(#"31073741824["yes"]"#)
        let actions = playbook.receive(ack, from: side, after: .milliseconds(3))
        guard case .acknowledged(pending, by: let packet, after: .milliseconds(3)) = actions.first else {
            Issue.record("no ack in \(actions)")
            return
        }
        #expect(actions.count == 1)
        #expect(packet.text == ack)
        #expect(playbook.receive(ack, from: side) == [], "a second ack is swallowed too")
        #expect(
            playbook.receive(ack, from: side.other) == [.send(ack, to: side)], "the other direction has its own ids")
    }

    @Test("swallows an ack that comes when nobody waits for it any more")
    func givenUp() throws {
        let playbook = Playbook(joined: ["/"])
        let pending = try #require(try playbook.inject(to: .client, wantsAck: true))
        _ = playbook.actions()
        playbook.bridge.giveUp(pending)
        #expect(playbook.receive(.text("31073741824[]"), from: .client) == [])
    }

    @Test("passes over an ack id of its range that a peer has in use")
    func collisions() throws {
        let playbook = Playbook(joined: ["/"])
        _ = playbook.receive(.text(#"21073741824["real"]"#), from: .upstream)
        _ = try playbook.inject(to: .client, wantsAck: true)
        #expect(playbook.actions() == [.send(.text(#"21073741825["x"]"#), to: .client)])

        let real = EngineMessage.text("31073741824[]")
        #expect(playbook.receive(real, from: .client) == [.send(real, to: .upstream)])
    }

    @Test("never numbers an injected event like one whose ack is pending, and leaves small ids alone")
    func smallIDs() throws {
        let playbook = Playbook(joined: ["/"])
        for id in 0...5 { _ = playbook.receive(.text("2\(id)[\"real\"]"), from: .upstream) }
        _ = try playbook.inject(to: .client, wantsAck: true)
        _ = playbook.actions()
        for id in 0...5 {
            let ack = EngineMessage.text("3\(id)[]")
            #expect(playbook.receive(ack, from: .client) == [.send(ack, to: .upstream)])
        }
    }

    @Test("refuses one injection more than may be pending")
    func pendingLimit() throws {
        var limits = Limits()
        limits.pendingInjections = 2
        let playbook = Playbook(limits: limits, joined: ["/"])
        _ = try playbook.inject(to: .client, wantsAck: true)
        _ = try playbook.inject(to: .client, wantsAck: true)
        #expect(throws: ControlError.tooManyPending) { try playbook.inject(to: .client, wantsAck: true) }
        #expect(throws: Never.self) { try playbook.inject(to: .client, wantsAck: false) }
    }

    @Test("follows no more namespaces than allowed")
    func namespaceLimit() {
        var limits = Limits()
        limits.namespacesPerConnection = 2
        let playbook = Playbook(limits: limits, joined: ["/a", "/b", "/c"])
        #expect(playbook.bridge.joinedNamespaces.map(\.name) == ["/a", "/b"])
    }

    @Test("an injected binary event is whole and carries its attachments behind it")
    func binaryInjection() throws {
        let playbook = Playbook(joined: ["/"])
        let injection = Injection(
            to: .upstream, namespace: "/", name: "f", arguments: [["_placeholder": true, "num": 0]],
            attachments: [[1, 2]])
        _ = try playbook.bridge.inject(injection, at: playbook.moment)
        let text = EngineMessage.text(#"51-["f",{"_placeholder":true,"num":0}]"#)
        #expect(playbook.actions() == [.send(text, to: .upstream), .send(.binary([1, 2]), to: .upstream)])
    }

    @Test("refuses an injection larger than the upstream takes, by one byte")
    func messageLimit() {
        let playbook = Playbook(joined: ["/"])
        let size = #"42["x"]"#.utf8.count
        playbook.bridge.messageBytesLimit = size
        #expect(throws: Never.self) { try playbook.inject(to: .upstream) }
        playbook.bridge.messageBytesLimit = size - 1
        #expect(throws: ControlError.self) { try playbook.inject(to: .upstream) }
    }

    @Test("disconnecting a namespace tells both sides")
    func disconnects() throws {
        let playbook = Playbook(joined: ["/a"])
        try playbook.bridge.disconnect(namespace: "/a", at: playbook.moment)
        let packet = EngineMessage.text("1/a,")
        #expect(playbook.actions() == [.send(packet, to: .client), .send(packet, to: .upstream)])
        #expect(throws: ControlError.namespaceNotJoined("/a")) {
            try playbook.bridge.disconnect(namespace: "/a", at: playbook.moment)
        }
    }
}

/// Drops events of one name.
private struct Dropping: EventMiddleware {
    let name: String
    let answer: String?

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.eventName == name }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        guard packet.eventName == name else { return next(packet, context) }
        return EventDecision(packet: nil, answer: answer.map { Array($0.utf8) })
    }
}

/// Replaces events of one name by empty ones of another.
private struct Renaming: EventMiddleware {
    let from: String
    let to: String

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.eventName == from }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        next(SocketPacket(kind: .event, namespace: packet.namespace, json: [JSONValue(to)]), context)
    }
}
