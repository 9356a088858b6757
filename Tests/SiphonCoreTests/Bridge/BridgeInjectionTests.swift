import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonCore

@Suite("Bridge, with injected events")
struct BridgeInjectionTests {
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

extension BridgeAction {
    fileprivate var abandoned: PendingInjection? {
        if case .abandoned(let injection) = self { injection } else { nil }
    }
}
