import SiphonCapture
import SiphonCore
import Testing

@testable import SiphonInspector

@Suite("What a stream is made of")
struct LiveTests {
    @Test("an event is one line, whatever stands between its tokens")
    func oneLine() {
        let text = ServerSentEvent.text(event: "e", id: EventID(7), json: Array("[1,\r\n\n2]".utf8))
        #expect(String(decoding: text, as: UTF8.self) == "id: e7\nevent: e\ndata: [1,   2]\n\n")
    }

    @Test("the first look tells of no connection, later ones of those that differ")
    func differences() {
        var differences = ConnectionDifferences(limit: 2)
        var connections = (1...5).map { ConnectionSnapshot.sample($0) }
        #expect(differences.changes(in: connections).isEmpty)
        #expect(differences.changes(in: connections).isEmpty)
        connections[3].namespaces.append(.init(name: "/x", sid: nil))
        connections.append(.sample(6))
        #expect(differences.changes(in: connections).map(\.id.number) == [4, 6])
        connections[3].namespaces[1].sid = "s"
        connections.removeFirst()
        #expect(differences.changes(in: connections).map(\.id.number) == [4])
        #expect(differences.changes(in: connections).isEmpty)
    }

    @Test("all connections have their turn where more change than are told at once")
    func turns() {
        var differences = ConnectionDifferences(limit: 2)
        var connections = (1...5).map { ConnectionSnapshot.sample($0) }
        _ = differences.changes(in: connections)
        var told: [UInt64] = []
        for _ in 0..<3 {
            for index in connections.indices { connections[index].eventsFromClient += 1 }
            told += differences.changes(in: connections).map(\.id.number)
        }
        #expect(told == [1, 2, 3, 4, 5, 1])
        // What was left over is told although nothing changes any more.
        #expect(differences.changes(in: connections).map(\.id.number) == [2, 3])
    }

    @Test("a viewer may be sent so many events a second, and a second's worth after a pause")
    func budget() {
        let start = ContinuousClock.now
        var budget = EventBudget(perSecond: 100, now: start)
        #expect(budget.available(now: start) == 100)
        budget.spend(100)
        #expect(budget.available(now: start) == 0)
        #expect(budget.available(now: start + .milliseconds(105)) == 10)
        #expect(budget.available(now: start + .seconds(60)) == 100)
    }

    @Test(
        "keeps the newest in order and counts the others",
        arguments: [(0, [UInt64](), 5), (2, [4, 5], 3), (5, [1, 2, 3, 4, 5], 0), (9, [1, 2, 3, 4, 5], 0)])
    func newest(limit: Int, expected: [UInt64], skipped: Int) {
        let capture = Capture()
        capture.record(Array(repeating: #"2["a"]"#, count: 5))
        var newest = NewestEvents(limit: limit)
        for event in capture.events(after: EventID(0), limit: 10).events { newest.add(event) }
        #expect(newest.events.map(\.id.number) == expected)
        #expect(newest.skipped == skipped)
    }

    @Test("a stream holds what fits, byte for byte, and wakes its reader once")
    func responseStream() {
        let stream = ResponseStream(limit: 10)
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
        defer { target.deallocate() }
        #expect(stream.read(into: target) { {} } == .asleep)
        #expect(stream.write(Array("0123456789".utf8)) == .written)
        #expect(stream.write([0]) == .full)
        var read: [UInt8] = []
        for round in 0..<6 {
            guard case .bytes(let count) = stream.read(into: target, sleep: { {} }) else { break }
            read += target[..<count]
            #expect(stream.write([UInt8(0x61 + round)]) == .written)
        }
        #expect(String(decoding: read, as: UTF8.self).hasPrefix("0123456789ab"))
        stream.finish()
        #expect(stream.write([0]) == .closed)
        while case .bytes = stream.read(into: target, sleep: { {} }) {}
        #expect(stream.read(into: target) { {} } == .end)
        stream.cut()
        #expect(stream.read(into: target) { {} } == .cut)
    }
}
