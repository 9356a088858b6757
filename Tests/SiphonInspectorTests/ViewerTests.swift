import NIOConcurrencyHelpers
import SiphonCapture
import SiphonCore
import SiphonRules
import Testing

@testable import SiphonInspector

@Suite("Viewer")
struct ViewerTests {
    private static func inspector(events: Int = 1000, streamBytes: Int = 1 << 20) -> TestInspector {
        var captureLimits = CaptureLimits()
        captureLimits.events = events
        var limits = InspectorLimits()
        limits.streamBytes = streamBytes
        return TestInspector(limits: limits, capture: Capture(limits: captureLimits))
    }

    private static func viewer(
        _ inspector: TestInspector, after: UInt64? = nil, filter: String = ""
    ) throws -> Viewer {
        Viewer(
            filter: try Filter(parsing: filter), after: after.map { EventID($0) }, services: inspector.services)
    }

    /// What waits to be read, as `skipped 3`, `e7` and `connection`.
    private static func take(_ viewer: Viewer) -> [String] {
        var text: [UInt8] = []
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { piece.deallocate() }
        while case .bytes(let count) = viewer.stream.read(into: piece, sleep: { {} }) { text += piece[..<count] }
        return String(decoding: text, as: UTF8.self).split(separator: "\n\n").map { block in
            if let match = block.firstMatch(of: /skipped\ndata: \{"count":(\d+)\}/) { return "skipped \(match.1)" }
            if let match = block.firstMatch(of: /id: (e\d+)/) { return String(match.1) }
            return String(block.split(separator: "\n")[0].dropFirst("event: ".count))
        }
    }

    private static func send(
        _ viewer: Viewer, from position: inout ViewerPosition, perSecond: Int = 1000
    ) -> Viewer.Progress {
        var budget = EventBudget(perSecond: perSecond, now: .now)
        return viewer.sendEvents(from: &position, budget: &budget)
    }

    // MARK: Events that are gone

    @Test("says how many events were evicted since the viewer left", arguments: ["", "event:b"])
    func evicted(filter: String) throws {
        let inspector = Self.inspector(events: 3)
        inspector.record((1...10).map { #"2["b",\#($0)]"# })
        let viewer = try Self.viewer(inspector, after: 2, filter: filter)
        var position = ViewerPosition(after: EventID(2))
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == ["skipped 5", "e8", "e9", "e10"])
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == [])
    }

    @Test(
        "asks each event for its own values", arguments: ["args[0].n:yes", "yes", "ack.args[0]:yes or args[0].n:yes"])
    func values(filter: String) throws {
        let inspector = Self.inspector()
        inspector.record(#"2["a"]"#, #"2["a",{"n":"yes"}]"#, #"2["a",[0],{"n":"no"}]"#, #"2["abc",{"n":"yes"}]"#)
        let viewer = try Self.viewer(inspector, after: 0, filter: filter)
        var position = ViewerPosition(after: EventID(0))
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == ["e2", "e4"])
    }

    @Test("leaves out an event on which the filter cannot be answered")
    func fault() throws {
        let inspector = Self.inspector()
        inspector.record(
            #"2["a","b"]"#, #"2["b",""# + String(repeating: "a", count: 100_000) + #"!"]"#, #"2["c","b"]"#)
        let viewer = try Self.viewer(inspector, after: 0, filter: "-args[0]:/(a+)+$/")
        var position = ViewerPosition(after: EventID(0))
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == ["e1", "e3"])
    }

    @Test("says nothing of what was cleared, and counts on behind it")
    func cleared() throws {
        let inspector = Self.inspector(events: 3)
        inspector.record((1...5).map { #"2["b",\#($0)]"# })
        inspector.capture.clear()
        inspector.record((6...10).map { #"2["b",\#($0)]"# })
        let viewer = try Self.viewer(inspector, after: 1)
        var position = ViewerPosition(after: EventID(1))
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == ["skipped 2", "e8", "e9", "e10"])
    }

    @Test("starts behind everything that came, though nothing of it is left", arguments: [nil, 2, 9] as [UInt64?])
    func startsAfterClear(after: UInt64?) throws {
        let inspector = Self.inspector()
        inspector.record(#"2["a"]"#, #"2["b"]"#)
        inspector.capture.clear()
        #expect(inspector.capture.newest == nil && inspector.capture.last == EventID(2))
        #expect(try Self.viewer(inspector, after: after).start == EventID(2))
    }

    // MARK: A client that takes little

    @Test("counts what it skips once, though it must stop before it has sent the rest")
    func skipsOnce() throws {
        let inspector = Self.inspector(streamBytes: 4000)
        inspector.record((1...10).map { #"2["b",\#($0)]"# })
        let viewer = try Self.viewer(inspector, after: 0)
        var position = ViewerPosition(after: EventID(0))
        viewer.stream.write([UInt8](repeating: 0x0A, count: 2100))
        #expect(Self.send(viewer, from: &position, perSecond: 2) == .crowded)
        #expect(Self.take(viewer) == ["skipped 8"])
        #expect(Self.send(viewer, from: &position, perSecond: 2) == .done)
        #expect(Self.take(viewer) == ["e9", "e10"])
    }

    @Test("counts what was lost once, though it must stop before it has sent the rest")
    func losesOnce() throws {
        let inspector = Self.inspector(events: 3, streamBytes: 4000)
        inspector.record((1...10).map { #"2["b",\#($0)]"# })
        let viewer = try Self.viewer(inspector, after: 0)
        var position = ViewerPosition(after: EventID(0))
        viewer.stream.write([UInt8](repeating: 0x0A, count: 2100))
        #expect(Self.send(viewer, from: &position) == .crowded)
        #expect(Self.take(viewer) == ["skipped 7"])
        #expect(Self.send(viewer, from: &position) == .done)
        #expect(Self.take(viewer) == ["e8", "e9", "e10"])
    }

    @Test("is told of many large connections bit by bit, and is not cut off for them")
    func manyConnections() throws {
        let inspector = Self.inspector(streamBytes: 4000)
        let viewer = try Self.viewer(inspector)
        let changes = (1...20).map { number in
            ConnectionFeed.Change(id: ConnectionID(number), json: [UInt8](repeating: 0x20, count: 900))
        }
        viewer.inbox.withLockedValue { $0.take(changes) }
        var told = 0
        while viewer.sendInbox() == .crowded { told += Self.take(viewer).count }
        told += Self.take(viewer).count
        #expect(told == 20)
        #expect(viewer.stream.write([0x0A]) == .written)
    }

    @Test("leaves out a connection that is too large for a stream")
    func hugeConnection() throws {
        let inspector = Self.inspector(streamBytes: 4 << 20)
        let viewer = try Self.viewer(inspector)
        let limit = inspector.services.limits.streamEventBytes
        let changes = [limit, limit + 1].enumerated().map { index, count in
            ConnectionFeed.Change(id: ConnectionID(UInt64(index)), json: [UInt8](repeating: 0x20, count: count))
        }
        viewer.inbox.withLockedValue { $0.take(changes) }
        #expect(viewer.sendInbox() == .done)
        #expect(Self.take(viewer) == ["connection"])
    }
}
