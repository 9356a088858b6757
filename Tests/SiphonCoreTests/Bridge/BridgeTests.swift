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
        #expect(playbook.records == ["client opaque / dropped"])
    }

    @Test("passes broken JSON behind an envelope that can be read, in strict mode too")
    func strictArguments() {
        let playbook = Playbook(isStrict: true)
        #expect(playbook.receive(.text("2[nope"), from: .client) == [.send(.text("2[nope"), to: .upstream)])
    }

    // MARK: Attachments that do not come

    @Test("passes as it came what is not whole after a minute, and what comes of it later", arguments: Side.allCases)
    func lateAttachments(side: Side) {
        let playbook = Playbook()
        let text = EngineMessage.text(#"52-["f"]"#), first = EngineMessage.binary([1]),
            second = EngineMessage.binary([2])
        #expect(playbook.deadline == nil)
        _ = playbook.receive(text, from: side)
        _ = playbook.receive(first, from: side, after: .seconds(59))
        #expect(playbook.deadline == .seconds(60), "the time runs from the packet's text")
        #expect(playbook.advance(to: .milliseconds(59_999)) == [])
        #expect(playbook.advance(to: .seconds(60)) == [text, first].map { .send($0, to: side.other) })
        #expect(playbook.deadline == nil)
        #expect(playbook.receive(second, from: side, after: .seconds(61)) == [.send(second, to: side.other)])
        #expect(playbook.records == Array(repeating: "\(side.word) opaque / forwarded", count: 3))
    }

    @Test("waits for the attachments of either side by itself, and for each packet anew")
    func attachmentDeadlines() {
        let playbook = Playbook()
        _ = playbook.receive(.text(#"51-["f"]"#), from: .client, after: .seconds(2))
        _ = playbook.receive(.text(#"51-["f"]"#), from: .upstream, after: .seconds(1))
        #expect(playbook.deadline == .seconds(61))
        _ = playbook.receive(.binary([1]), from: .upstream, after: .seconds(3))
        #expect(playbook.deadline == .seconds(62))
        _ = playbook.receive(.binary([1]), from: .client, after: .seconds(3))
        #expect(playbook.deadline == nil)
        _ = playbook.receive(.text(#"51-["f"]"#), from: .client, after: .seconds(4))
        #expect(playbook.deadline == .seconds(64))
    }

    @Test("ends the connection in strict mode when attachments do not come")
    func strictAttachments() {
        let playbook = Playbook(isStrict: true)
        _ = playbook.receive(.text(#"51-["f"]"#), from: .upstream)
        #expect(playbook.advance(to: .seconds(60)) == [.end(.upstream, SocketIOError(.missingAttachments, at: 0))])
        #expect(playbook.records == ["upstream opaque / dropped"])
    }

    @Test("records what is not whole at the end, and passes nothing after it")
    func unfinishedAtClose() {
        let playbook = Playbook()
        _ = playbook.receive(.text(#"52-["f"]"#), from: .client)
        _ = playbook.receive(.binary([1]), from: .client)
        playbook.close()
        #expect(playbook.deadline == nil)
        #expect(playbook.receive(.text(#"2["late"]"#), from: .upstream) == [])
        #expect(playbook.records == ["client opaque / dropped", "client opaque / dropped"])
        #expect(playbook.bridge.eventsFromClient == 2)
    }

    // MARK: Rules

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
                "client event / dropped",
            ])
    }

    @Test("a connect that is dropped joins nothing, and one that is answered is not: only events have acks")
    func droppedConnect() {
        let playbook = Playbook(chain: [Dropping(kind: .connect, from: .client, answer: "[]")])
        #expect(playbook.receive(.text("0/a,"), from: .client) == [])
        #expect(playbook.bridge.joinedNamespaces.isEmpty)
        #expect(playbook.records == ["client connect /a dropped"])
    }

    @Test("an accept that is dropped leaves the namespace asked for")
    func droppedAccept() {
        let playbook = Playbook(chain: [Dropping(kind: .connect, from: .upstream)])
        _ = playbook.receive(.text("0/a,"), from: .client)
        #expect(playbook.receive(.text(#"0/a,{"sid":"S"}"#), from: .upstream) == [])
        #expect(playbook.bridge.joinedNamespaces.map(\.sid) == [nil])
        #expect(throws: ControlError.namespaceNotJoined("/a")) { try playbook.inject(to: .client, namespace: "/a") }
    }

    @Test("a disconnect or a refusal that is dropped leaves nothing", arguments: ["1/a,", #"4/a,{"message":"no"}"#])
    func droppedDisconnect(text: String) throws {
        let kind: PacketEnvelope.Kind = text.hasPrefix("1") ? .disconnect : .connectError
        let playbook = Playbook(chain: [Dropping(kind: kind, from: .upstream)], joined: ["/a"])
        let pending = try #require(try playbook.inject(to: .upstream, namespace: "/a", wantsAck: true))
        _ = playbook.actions()
        #expect(playbook.receive(.text(text), from: .upstream) == [])
        #expect(playbook.bridge.joinedNamespaces.map(\.name) == ["/a"])
        let actions = playbook.receive(.text("3/a,1073741824[]"), from: .upstream)
        guard case .acknowledged(pending, _, _) = actions.first else {
            Issue.record("no ack in \(actions)")
            return
        }
    }

    @Test("follows what a rule made of an accept, not what came")
    func changedAccept() {
        let playbook = Playbook(chain: [Replacing(kind: .connect, payload: #"{"sid":"other"}"#)], joined: ["/a"])
        #expect(playbook.bridge.joinedNamespaces.map(\.sid) == ["other"])
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

    @Test(
        "gives up at once what waits in a namespace that is left or refused",
        arguments: [("1/a,", Side.client), ("1/a,", .upstream), (#"4/a,{"message":"no"}"#, .upstream)])
    func abandons(text: String, side: Side) throws {
        let playbook = Playbook(joined: ["/", "/a"])
        let kept = try #require(try playbook.inject(to: .client, wantsAck: true))
        let lost = try Side.allCases.map { side in
            try #require(try playbook.inject(to: side, namespace: "/a", wantsAck: true))
        }
        _ = playbook.actions()

        let packet = EngineMessage.text(text)
        let actions = playbook.receive(packet, from: side)
        #expect(actions.first == .send(packet, to: side.other))
        #expect(Set(actions.dropFirst().compactMap(\.abandoned)) == Set(lost))
        #expect(actions.count == 3)
        for pending in lost {
            let late = EngineMessage.text("3/a,\(pending.ackID)[]")
            #expect(playbook.receive(late, from: pending.to) == [], "an ack that comes all the same goes nowhere")
        }
        #expect(!playbook.receive(.text("3\(kept.ackID)[]"), from: .client).isEmpty)
    }

    @Test("gives up what waits in a namespace that is disconnected from here")
    func abandonsAtOwnDisconnect() throws {
        let playbook = Playbook(joined: ["/a"])
        let pending = try #require(try playbook.inject(to: .client, namespace: "/a", wantsAck: true))
        _ = playbook.actions()
        try playbook.bridge.disconnect(namespace: "/a", at: playbook.moment)
        #expect(playbook.actions().compactMap(\.abandoned) == [pending])
    }

    @Test(
        "sends an event with another id where its own was given to an injected event, and gives the ack its own back",
        arguments: Side.allCases, ["1073741824", "01073741824"])
    func renumbers(side: Side, own: String) throws {
        let playbook = Playbook(joined: ["/"])
        let pending = try #require(try playbook.inject(to: side, wantsAck: true))
        _ = playbook.actions()

        let text = EngineMessage.text("51-\(own)[\"real\",{\"_placeholder\":true,\"num\":0}]")
        _ = playbook.receive(text, from: side.other)
        #expect(
            playbook.receive(.binary([1]), from: side.other) == [
                .send(.text(#"51-1073741825["real",{"_placeholder":true,"num":0}]"#), to: side),
                .send(.binary([1]), to: side),
            ])
        #expect(
            playbook.receive(.text(#"31073741825["real"]"#), from: side) == [
                .send(.text(#"31073741824["real"]"#), to: side.other)
            ])
        let actions = playbook.receive(.text(#"31073741824["injected"]"#), from: side)
        guard case .acknowledged(pending, _, _) = actions.first else {
            Issue.record("no ack in \(actions)")
            return
        }
        #expect(playbook.receive(.text("31073741825[]"), from: side) == [], "a second ack is swallowed")
        _ = try playbook.inject(to: side, wantsAck: true)
        #expect(playbook.actions() == [.send(.text(#"21073741826["x"]"#), to: side)], "and its id not given again")
    }

    @Test("renumbers also where nobody waits for the injected event any more: its ack may still come")
    func renumbersAfterGivingUp() throws {
        let playbook = Playbook(joined: ["/"])
        let pending = try #require(try playbook.inject(to: .client, wantsAck: true))
        _ = playbook.actions()
        playbook.bridge.giveUp(pending)
        #expect(
            playbook.receive(.text(#"21073741824["real"]"#), from: .upstream) == [
                .send(.text(#"21073741825["real"]"#), to: .client)
            ])
    }

    @Test("takes no note of an event that is dropped, or of one in a namespace that nobody joined")
    func notesOnlyWhatIsSent() throws {
        let playbook = Playbook(chain: [Dropping(name: "gone", answer: nil)], joined: ["/"])
        _ = playbook.receive(.text(#"2/b,1073741824["real"]"#), from: .upstream)
        _ = playbook.receive(.text(#"21073741825["gone"]"#), from: .upstream)
        _ = playbook.receive(.text("0/b,{}"), from: .upstream)
        try playbook.inject(to: .client, namespace: "/b", wantsAck: true)
        try playbook.inject(to: .client, wantsAck: true)
        let sent = [#"2/b,1073741824["x"]"#, #"21073741825["x"]"#]
        #expect(playbook.actions() == sent.map { .send(.text($0), to: .client) })
    }

    @Test("refuses to wait for acks once a peer has used more ids of its range than are remembered")
    func crowded() throws {
        let playbook = Playbook(joined: ["/"])
        func use(_ count: Int, from first: Int) {
            for id in first..<first + count { _ = playbook.receive(.text("2\(id)[\"real\"]"), from: .upstream) }
        }
        use(InjectionTable.foreignLimit, from: 0x5000_0000)
        try playbook.inject(to: .client, wantsAck: true)
        // Acknowledged and used again: no more than before.
        _ = playbook.receive(.text("3\(0x5000_0000)[]"), from: .client)
        use(1, from: 0x5000_0000)
        try playbook.inject(to: .client, wantsAck: true)
        use(1, from: 0x6000_0000)
        #expect(throws: ControlError.tooManyPending) { try playbook.inject(to: .client, wantsAck: true) }
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

    @Test("follows namespaces whose names are as long as allowed, and keeps no longer id")
    func namespaceTextLimit() {
        let longest = "/" + String(repeating: "n", count: NamespaceTable.textBytesLimit - 1)
        let playbook = Playbook(joined: [longest, longest + "n"])
        #expect(playbook.bridge.joinedNamespaces.map(\.name) == [longest])
        for (count, kept) in [(NamespaceTable.textBytesLimit, true), (NamespaceTable.textBytesLimit + 1, false)] {
            let sid = String(repeating: "s", count: count)
            _ = playbook.receive(.text("0\(longest),{\"sid\":\"\(sid)\"}"), from: .upstream)
            #expect(playbook.bridge.joinedNamespaces.map(\.sid) == [kept ? sid : nil])
        }
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

    @Test(
        "counts an attachment as the transport of its hop carries it",
        arguments: [(EngineTransport.webSocket, 100), (.polling, 137)])
    func attachmentLimit(transport: EngineTransport, size: Int) {
        let playbook = Playbook(joined: ["/"])
        playbook.bridge.upstreamTransport = transport
        func inject() throws {
            let injection = Injection(
                to: .upstream, namespace: "/", name: "f", arguments: [["_placeholder": true, "num": 0]],
                attachments: [[UInt8](repeating: 0, count: 100)])
            _ = try playbook.bridge.inject(injection, at: playbook.moment)
        }
        playbook.bridge.messageBytesLimit = size
        #expect(throws: Never.self) { try inject() }
        playbook.bridge.messageBytesLimit = size - 1
        #expect(throws: ControlError.self) { try inject() }
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

/// Drops events of one name, or packets of one kind from one side.
private struct Dropping: EventMiddleware {
    let name: String?
    let kind: PacketEnvelope.Kind
    let side: Side?
    let answer: String?

    init(name: String, answer: String?) {
        (self.name, kind, side, self.answer) = (name, .event, nil, answer)
    }

    init(kind: PacketEnvelope.Kind, from side: Side, answer: String? = nil) {
        (name, self.kind, self.side, self.answer) = (nil, kind, side, answer)
    }

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        if let side, context.from != side { return false }
        guard packet.kind == kind else { return false }
        return packet.eventName == name
    }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        guard wants(packet, context: context) else { return next(packet, context) }
        return EventDecision(packet: nil, answer: answer.map { Array($0.utf8) })
    }
}

/// Gives packets of one kind another payload.
private struct Replacing: EventMiddleware {
    let kind: PacketEnvelope.Kind
    let payload: String

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.kind == kind }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        next(SocketPacket(kind: kind, namespace: packet.namespace, payload: payload.utf8), context)
    }
}

extension BridgeAction {
    fileprivate var abandoned: PendingInjection? {
        if case .abandoned(let injection) = self { injection } else { nil }
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
