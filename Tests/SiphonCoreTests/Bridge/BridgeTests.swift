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
}
