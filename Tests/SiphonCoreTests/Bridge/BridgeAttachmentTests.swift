import EngineIOCore
import NIOCore
import SiphonCore
import SocketIOCore
import Testing

@Suite("Bridge, where attachments do not come")
struct BridgeAttachmentTests {
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
        _ = playbook.close()
        #expect(playbook.deadline == nil)
        #expect(playbook.receive(.text(#"2["late"]"#), from: .upstream) == [])
        #expect(playbook.records == ["client opaque / dropped", "client opaque / dropped"])
        #expect(playbook.bridge.eventsFromClient == 2)
    }
}
