import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonCore

/// Shapes events by their names: `d100` is delayed by 100 ms, `x3` sent three times, `g2` leaves in groups of two in
/// reverse, `e` has an emission named by its first argument, `k` ends the connection.
private struct Shaping: EventMiddleware {
    let rule = RuleID(1)

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { packet.kind != .connect }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        var shaping = EventShaping()
        let name = packet.eventName ?? ""
        let number = Int(name.dropFirst()) ?? 0
        switch name.first {
        case "d": shaping.delay = .milliseconds(Int64(number))
        case "x": shaping.copies = number
        case "g":
            let rank = (try? packet.parsedPayload())?[1]?.int ?? 0
            shaping.reordering = .init(rule: rule, window: number, rank: UInt64(100 - rank))
        case "e":
            let after = (try? packet.parsedPayload())?[1]?.int ?? 0
            let emitted = SocketPacket(kind: .event, namespace: packet.namespace, json: ["e", JSONValue(after)])
            if context.emissionDepth < 3 {
                shaping.emissions = [
                    Emission(rule: rule, to: .upstream, packet: emitted, after: .milliseconds(Int64(after)))
                ]
            }
        case "k":
            shaping.disconnection = .init(rule: rule, method: .transport)
            shaping.delay = .milliseconds(Int64(number))
        case "b":
            let emitted = SocketPacket(kind: .event, namespace: packet.namespace, json: ["over"])
            shaping.emissions = [Emission(rule: rule, to: .client, packet: emitted, after: .zero)]
            shaping.disconnection = .init(rule: rule, method: .transport)
        case "t": shaping.throttles = [.init(rule: rule, events: number, per: .milliseconds(100))]
        case "r":
            shaping.delay = .milliseconds(Int64(number))
            let ack = SocketPacket(kind: .ack, namespace: packet.namespace, ackID: packet.ackID, json: ["no"])
            return EventDecision(packet: nil, rules: [rule], answer: ack, shaping: shaping)
        default: return next(packet, context)
        }
        return EventDecision(packet: packet, rules: [rule], shaping: shaping)
    }
}

/// Has each event cause two of so many bytes, and each of these two more.
private struct Multiplying: EventMiddleware {
    let textBytes: Int

    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool { true }

    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        guard packet.kind == .event else { return next(packet, context) }
        let name = JSONValue(String(repeating: "m", count: textBytes - 5))
        let emitted = SocketPacket(kind: .event, json: [name])
        var shaping = EventShaping()
        let emission = Emission(rule: RuleID(1), to: .upstream, packet: emitted, after: .zero)
        shaping.emissions = [emission, emission]
        return EventDecision(packet: packet, shaping: shaping)
    }
}

@Suite("Bridge: shaping")
struct BridgeShapingTests {
    private let playbook = Playbook(chain: [Shaping()], joined: ["/", "/n"])

    private func send(_ text: String, _ side: Side = .client, at time: Int64 = 0) -> [String] {
        Self.texts(playbook.receive(.text(text), from: side, after: .milliseconds(time)))
    }

    private func advance(to time: Int64) -> [String] { Self.texts(playbook.advance(to: .milliseconds(time))) }

    /// `>` is towards the upstream, `<` towards the client.
    private static func texts(_ actions: [BridgeAction]) -> [String] {
        actions.map { action in
            switch action {
            case .send(let message, .upstream): ">" + String(buffer: message.bytes)
            case .send(let message, .client): "<" + String(buffer: message.bytes)
            default: "\(action)"
            }
        }
    }

    @Test("a delayed event holds up what comes behind it in its direction and namespace, and nothing else")
    func keepsLane() {
        #expect(send(#"2["d100"]"#) == [])
        #expect(send(#"2["a",1]"#, at: 10) == [])
        #expect(send(#"2["d20"]"#, at: 20) == [])
        #expect(send("1", at: 30) == [])
        #expect(send(#"2/n,["a",2]"#, at: 30) == [#">2/n,["a",2]"#])
        #expect(send(#"2["a",3]"#, .upstream, at: 30) == [#"<2["a",3]"#])
        #expect(playbook.deadline == .milliseconds(100))
        #expect(advance(to: 99) == [])
        #expect(advance(to: 100) == [#">2["d100"]"#, #">2["a",1]"#, #">2["d20"]"#, ">1"])
        #expect(playbook.deadline == nil)
        #expect(send(#"2["a",4]"#, at: 200) == [#">2["a",4]"#])
        #expect(
            playbook.records == [
                "client event /n forwarded", "upstream event / forwarded", "client event / delayed,forwarded",
                "client event / forwarded", "client event / delayed,forwarded", "client disconnect / forwarded",
                "client event / forwarded",
            ])
    }

    @Test("attachments of a delayed packet leave with it")
    func keepsAttachments() {
        #expect(send(#"51-["d10",{"_placeholder":true,"num":0}]"#) == [])
        #expect(playbook.receive(.binary([1, 2]), from: .client) == [])
        let sent = playbook.advance(to: .milliseconds(10))
        #expect(sent.count == 2)
        #expect(sent.last == .send(.binary([1, 2]), to: .upstream))
    }

    @Test("keeps what waits in memory of its own, not in that which was read with it")
    func detaches() throws {
        let read = ByteBuffer(string: #"2["d10"]2["g2",1]"# + String(repeating: " ", count: 10_000))
        for range in [0..<8, 8..<17] {
            let slice = read.getSlice(at: range.lowerBound, length: range.count)
            let bytes = try #require(slice)
            #expect(playbook.receive(EngineMessage(.text, bytes, frames: read), from: .client) == [])
        }
        let sent = playbook.advance(to: .seconds(1))
        #expect(Self.texts(sent) == [#">2["d10"]"#, #">2["g2",1]"#])
        for case .send(let message, _) in sent { #expect(message.bytes.storageCapacity < 100) }
        #expect(playbook.sentFrames == [])
    }

    @Test("lets lanes go by their times, not by their number")
    func manyLanes() {
        let times = (1...200).map { $0 * 77 % 211 }
        for time in times { #expect(send(#"2/\#(time),["d\#(time)"]"#) == []) }
        let event = { (time: Int) in #">2/\#(time),["d\#(time)"]"# }
        let early = times.filter { $0 <= 100 }.sorted()
        #expect(advance(to: 100) == early.map(event))
        #expect(playbook.deadline == times.filter { $0 > 100 }.min().map { .milliseconds(Int64($0)) })
        #expect(advance(to: 1000) == times.filter { $0 > 100 }.sorted().map(event))
        #expect(playbook.deadline == nil)
    }

    @Test("forgets the times of lanes that are gone")
    func forgetsDeadlines() {
        #expect(send(#"2["d50"]"#) == [])
        for _ in 0..<1000 {
            #expect(send(#"2/n,["d100"]"#) == [])
            #expect(send("1/n,", .upstream) == ["<1/n,"])
        }
        #expect(playbook.bridge.lanes.deadlines.count < 100)
        #expect(advance(to: 50) == [#">2["d50"]"#])
        #expect(playbook.deadline == nil)
    }

    @Test("sends a duplicate again, with an ack id of its own, whose ack nobody hears")
    func duplicates() {
        let sent = send(#"27["x3"]"#)
        #expect(sent == [#">27["x3"]"#, #">21073741824["x3"]"#, #">21073741825["x3"]"#])
        #expect(send("37[]", .upstream) == ["<37[]"])
        #expect(send("31073741824[]", .upstream) == [])
        #expect(send("31073741825[]", .upstream) == [])
        #expect(send(#"2["x2"]"#, .upstream) == [#"<2["x2"]"#, #"<2["x2"]"#])
        #expect(playbook.records.first == "client event / duplicated,forwarded")
    }

    @Test("sends a group by rank once it is whole, or its time is over")
    func reorders() {
        #expect(send(#"2["g3",1]"#) == [])
        #expect(send(#"2["other"]"#) == [#">2["other"]"#])
        #expect(send(#"2["g3",2]"#) == [])
        #expect(send(#"2["g3",3]"#) == [#">2["g3",3]"#, #">2["g3",2]"#, #">2["g3",1]"#])
        #expect(send(#"2["g3",4]"#, at: 100) == [])
        #expect(send(#"2["g3",5]"#, at: 200) == [])
        #expect(playbook.deadline == .milliseconds(1100))
        #expect(advance(to: 1100) == [#">2["g3",5]"#, #">2["g3",4]"#])
        #expect(playbook.records.last == "client event / reordered,forwarded")
    }

    @Test("lets no group be overtaken by the namespace's disconnect")
    func groupsBeforeDisconnect() {
        #expect(send(#"2["g3",1]"#) == [])
        #expect(send("1") == [#">2["g3",1]"#, ">1"])
    }

    @Test("drops what waits to be sent into a namespace that the other side has left", arguments: ["1", #"4"no""#])
    func dropsStranded(end: String) {
        #expect(send(#"2["d100"]"#) == [])
        #expect(send("0") == [])
        #expect(send(#"2/n,["d100"]"#) == [])
        #expect(send(end, .upstream, at: 10) == ["<" + end])
        #expect(advance(to: 100).sorted() == [">0", #">2/n,["d100"]"#])
        #expect(playbook.records[0] == "client event / delayed,dropped")
    }

    @Test("sends emissions behind their cause, at once or later, through the chain, so far and no further")
    func emits() {
        let event = #">2["e",0]"#
        #expect(send(#"2["e",0]"#) == [event, event, event, event])
        #expect(playbook.records[1] == "client event / injected,forwarded injected")
        #expect(send(#"2["e",50]"#) == [#">2["e",50]"#])
        #expect(advance(to: 49) == [])
        #expect(advance(to: 50) == [#">2["e",50]"#])
        #expect(advance(to: 100) == [#">2["e",50]"#])
        #expect(advance(to: 150) == [#">2["e",50]"#])
        #expect(playbook.deadline == nil)
    }

    @Test("records an emission into a namespace that is not joined as dropped")
    func dropsEmissions() {
        #expect(send(#"2/x,["e",0]"#) == [#">2/x,["e",0]"#])
        #expect(playbook.records.last == "client event /x injected,dropped injected")
        #expect(send(#"2["e",50]"#) == [#">2["e",50]"#])
        #expect(send("1") == [">1"])
        #expect(advance(to: 50) == [])
        #expect(playbook.records.last == "client event / injected,dropped injected")
    }

    @Test("keeps no more emissions than the limit")
    func boundsEmissions() {
        var limits = Limits()
        limits.pendingEmissions = 2
        let playbook = Playbook(chain: [Shaping()], limits: limits, joined: ["/"])
        for _ in 0..<3 { _ = playbook.receive(.text(#"2["e",50]"#), from: .client) }
        #expect(playbook.records.filter { $0.contains("injected,dropped") }.count == 1)
        #expect(playbook.advance(to: .milliseconds(50)).count == 2)
    }

    @Test("keeps no more bytes of emissions than the limit, and as many again once they have gone")
    func boundsEmissionBytes() {
        var limits = Limits()
        limits.queuedBytes = 2 * (Limits.waitingEventBytes + #"2["e",50]"#.utf8.count)
        let playbook = Playbook(chain: [Shaping()], limits: limits, joined: ["/"])
        func dropped() -> Int { playbook.records.filter { $0.contains("injected,dropped") }.count }
        for _ in 0..<3 { _ = playbook.receive(.text(#"2["e",50]"#), from: .client) }
        #expect(dropped() == 1)
        for time: Int64 in [50, 100, 150] { #expect(playbook.advance(to: .milliseconds(time)).count == 2) }
        for _ in 0..<3 { _ = playbook.receive(.text(#"2["e",50]"#), from: .client, after: .seconds(1)) }
        #expect(dropped() == 2)
    }

    @Test(
        "lets one event cause no more emissions than the limit, nor more bytes of them",
        arguments: [(3, Int.max, 3), (1000, 4 * 60, 4), (1000, 4 * 60 - 1, 3)])
    func boundsEmissionsOfAnEvent(events: Int, bytes: Int, expected: Int) {
        var limits = Limits()
        limits.emissionsPerEvent = events
        limits.queuedBytes = bytes
        let playbook = Playbook(chain: [Multiplying(textBytes: 60)], limits: limits, joined: ["/"])
        for _ in 0..<2 { #expect(playbook.receive(.text(#"2["m"]"#), from: .client).count == 1 + expected) }
    }

    @Test("answers a dropped event, later where it is told to, and does nothing where no ack is wanted")
    func answers() {
        #expect(send(#"25["r"]"#) == [#"<35["no"]"#])
        #expect(playbook.records == ["client event / dropped,replied", "upstream ack / replied,forwarded injected"])
        #expect(send(#"26["r40"]"#) == [])
        #expect(send(#"2["a"]"#, .upstream) == [])
        #expect(advance(to: 40) == [#"<36["no"]"#, #"<2["a"]"#])
        #expect(send(#"2["r"]"#) == [])
    }

    @Test("tells its output to end the connection once the event is sent")
    func disconnects() {
        let event = playbook.receive(.text(#"2["k"]"#), from: .client)
        #expect(event.last == .disconnect(.transport, because: RuleID(1)))
        #expect(event.count == 2)
    }

    @Test("sends what it emits before it ends the connection")
    func emitsBeforeTheEnd() {
        let actions = playbook.receive(.text(#"2["b"]"#), from: .client)
        #expect(actions.count == 3)
        #expect(Self.texts(Array(actions.prefix(2))) == [#">2["b"]"#, #"<2["over"]"#])
        #expect(actions.last == .disconnect(.transport, because: RuleID(1)))
    }

    @Test("ends nothing that ends already, and sends on all that was kept back")
    func endsOnce() {
        #expect(send(#"2["k100"]"#) == [])
        #expect(send(#"2["a"]"#) == [])
        #expect(Self.texts(playbook.close(by: .client)) == [#">2["k100"]"#, #">2["a"]"#])
    }

    @Test("lets so many of a throttled rule's events leave in each period, the others in turn")
    func throttles() {
        #expect(send(#"2["t2",1]"#) == [#">2["t2",1]"#])
        #expect(send(#"2["t2",2]"#, at: 10) == [#">2["t2",2]"#])
        #expect(send(#"2["t2",3]"#, at: 20) == [])
        #expect(send(#"2["t2",4]"#, at: 30) == [])
        #expect(send(#"2["t2",5]"#, .upstream, at: 30) == [#"<2["t2",5]"#])
        #expect(advance(to: 100) == [#">2["t2",3]"#])
        #expect(advance(to: 110) == [#">2["t2",4]"#])
        #expect(send(#"2["t2",6]"#, at: 150) == [])
        #expect(advance(to: 200) == [#">2["t2",6]"#])
        #expect(playbook.records[1] == "client event / forwarded")
        #expect(playbook.records.last == "client event / throttled,forwarded")
    }

    @Test("at the end sends on what the side that ended it had sent, and drops the rest")
    func ends() {
        #expect(send(#"2["d100"]"#) == [])
        #expect(send(#"2["g3",1]"#, .upstream) == [])
        #expect(send(#"2["e",50]"#) == [])
        let sent = Self.texts(playbook.close(by: .client))
        #expect(sent == [#">2["d100"]"#, #">2["e",50]"#])
        #expect(
            playbook.records.suffix(2) == [
                "upstream event / reordered,dropped", "client event / injected,dropped injected",
            ])
        #expect(advance(to: 1000) == [])
    }

    @Test("ends the connection where too much is kept back, and says before that no more should be read")
    func bounds() {
        var limits = Limits()
        limits.queuedBytes = 600 << 10
        let playbook = Playbook(chain: [Shaping()], limits: limits, joined: ["/"])
        let event = EngineMessage.text(#"2["d100","\#(String(repeating: "x", count: 1000))"]"#)
        var count = 0
        while !playbook.bridge.isCongested(from: .client) {
            #expect(playbook.receive(event, from: .client) == [])
            count += 1
        }
        #expect((300...400).contains(count))
        #expect(!playbook.bridge.isCongested(from: .upstream))
        var actions: [BridgeAction] = []
        for _ in 0..<100 where actions.isEmpty { actions = playbook.receive(event, from: .client) }
        #expect(actions == [.overflow(.client)])
        #expect(playbook.advance(to: .milliseconds(100)).count > count)
        #expect(!playbook.bridge.isCongested(from: .client))
    }
}
