import Dispatch
import EngineIOCore
import SiphonCapture
import SiphonCore
import Testing

@Suite("The bounds of the capture")
struct EvictionTests {
    /// What one record of `record(_:)` counts for.
    private static func cost() throws -> Int {
        let capture = Capture()
        capture.take([try record(0)])
        return capture.memoryBytes
    }

    private static func record(_ number: Int) throws -> EventRecord { try .packet("2[\"\(number % 10)\"]") }

    @Test("keeps as many events as the limit says, oldest out first", arguments: [1, 7, 100])
    func boundsCount(limit: Int) throws {
        let capture = Capture(
            limits: CaptureLimits {
                $0.events = limit
                $0.chunkBytes = 512
            })
        let recorder = capture.makeRecorder()
        for number in 1...(2 * limit + 50) {
            recorder.record(try Self.record(number))
            recorder.flush()
            capture.drain()
            #expect(capture.count == min(number, limit))
            #expect(capture.evicted == UInt64(max(0, number - limit)))
            #expect(capture.oldest == EventID(UInt64(max(0, number - limit) + 1)))
            #expect(capture.newest == EventID(UInt64(number)))
        }
        #expect(capture.ids == Array(UInt64(limit + 51)...UInt64(2 * limit + 50)))
    }

    @Test("keeps the events that the memory holds, to the byte", arguments: [0, -1])
    func boundsBytes(less: Int) throws {
        let cost = try Self.cost()
        let capture = Capture(limits: CaptureLimits { $0.memoryBytes = 20 * cost + less })
        capture.take(try (1...20).map(Self.record))
        #expect(capture.count == 20 + less)
        #expect(capture.evicted == UInt64(-less))
        capture.take([try Self.record(21)])
        #expect(capture.ids == Array(UInt64(2 - less)...21))
        #expect(capture.memoryBytes == (20 + less) * cost)
    }

    @Test("counts exactly what is in memory, whatever the mix of records and batches")
    func countsExactly() throws {
        let limits = CaptureLimits {
            $0.memoryBytes = 40_000
            $0.chunkBytes = 2048
            $0.sharedPayloadBytes = 4096
        }
        let capture = Capture(limits: limits)
        let recorder = capture.makeRecorder()
        let other = capture.makeRecorder()
        var records: [UInt64: EventRecord] = [:]
        for number in 1...600 as ClosedRange<UInt64> {
            let text =
                "2\(number % 3 == 0 ? "\(number)" : "")[\"" + String(repeating: "x", count: Int(number * 37 % 5000))
            let record = try EventRecord.packet(text + "\"]")
            (number % 5 == 0 ? other : recorder).record(record)
            // Flushed one by one, so that the ids are known.
            (number % 5 == 0 ? other : recorder).flush()
            records[number] = record
            capture.drain()
            #expect(capture.memoryBytes <= limits.memoryBytes)
        }
        let alone = capture.ids.map { id in
            let single = Capture(limits: limits)
            if let record = records[id] { single.take([record]) }
            return single.memoryBytes
        }
        #expect(alone.reduce(0, +) == capture.memoryBytes)
        #expect(capture.count == alone.count)
        #expect(capture.evicted == UInt64(600 - alone.count))
    }

    @Test("an event larger than the memory is counted and gone")
    func evictsTooLarge() throws {
        let capture = Capture(limits: CaptureLimits { $0.memoryBytes = 10_000 })
        capture.take([try Self.record(1), .opaque(.binary([UInt8](repeating: 0, count: 10_000)))])
        #expect(capture.count == 0)
        #expect(capture.memoryBytes == 0)
        #expect(capture.evicted == 2)
        capture.take([try Self.record(3)])
        #expect(capture.ids == [3])
    }

    /// Records event 1, and runs `body` with the recorder while the capture's queue is held up.
    private func stall(_ capture: Capture, _ body: (CaptureRecorder) throws -> Void) throws {
        let isHeld = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        let observation = capture.observe { newest in
            guard newest == EventID(1) else { return }
            isHeld.signal()
            release.wait()
        }
        let recorder = capture.makeRecorder()
        recorder.record(try Self.record(0))
        recorder.flush()
        isHeld.wait()
        let result = Result { try body(recorder) }
        release.signal()
        capture.drain()
        observation.cancel()
        try result.get()
    }

    private func stall(_ capture: Capture, batches: Int) throws {
        try stall(capture) { recorder in
            for number in 1...batches {
                recorder.record(try Self.record(number))
                recorder.flush()
            }
        }
    }

    @Test("a lost batch leaves a gap in the ids")
    func keepsIDsOverGap() throws {
        let capture = Capture(limits: CaptureLimits { $0.pendingBatches = 1 })
        try stall(capture) { recorder in
            let other = capture.makeRecorder()
            other.record(try Self.record(1))
            #expect(other.flush() == EventID(2))
            recorder.record(try Self.record(2))
            #expect(recorder.flush() == EventID(3))
        }
        #expect(capture.ids == [1, 3])
        #expect(capture.event(EventID(2)) == nil)
        #expect(capture.event(EventID(3))?.name == "2")
        #expect(capture.evicted == 1)
    }

    @Test("loses the oldest batch when too many wait, and counts it", arguments: [(4, 0), (5, 1), (9, 5)])
    func boundsPendingBatches(batches: Int, lost: Int) throws {
        let capture = Capture(limits: CaptureLimits { $0.pendingBatches = 4 })
        try stall(capture, batches: batches)
        #expect(capture.evicted == UInt64(lost))
        #expect(capture.ids == [1] + Array(UInt64(2 + lost)...UInt64(batches + 1)))
        #expect(capture.event(EventID(2)) == nil || lost == 0)
    }

    @Test(
        "loses the oldest batch when too many bytes wait, but never the newest",
        arguments: [(0, 0), (-1, 1), (-1000, 2)])
    func boundsPendingBytes(less: Int, lost: Int) throws {
        let cost = try Self.cost()
        let capture = Capture(limits: CaptureLimits { $0.pendingBytes = max(1, 3 * cost + less) })
        try stall(capture, batches: 3)
        #expect(capture.evicted == UInt64(lost))
        #expect(capture.ids == [1] + Array(UInt64(2 + lost)...4))
    }

    @Test("lets no more bytes wait than the memory holds")
    func boundsPendingByMemory() throws {
        let cost = try Self.cost()
        let capture = Capture(limits: CaptureLimits { $0.memoryBytes = 3 * cost })
        try stall(capture) { recorder in
            for number in 1...5 {
                recorder.record(try Self.record(number))
                recorder.flush()
            }
        }
        #expect(capture.ids == [4, 5, 6])
        #expect(capture.evicted == 3)
    }
}
