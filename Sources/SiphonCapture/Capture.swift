import Dispatch
import NIOConcurrencyHelpers
import NIOCore
package import SiphonCore

/// Everything that was recorded and is still in memory, oldest out first.
///
/// Recorders, one an event loop, hand over batches under a short lock, which also gives the ids; the capture's own
/// queue pairs acks, evicts, publishes and tells observers. Readers may be on any thread and never hold up a
/// recorder. An id is given once: eviction, `clear()` and a lost batch leave gaps, ids never come again.
///
/// `@unchecked Sendable`: `pairing` is used on `queue` only; all else is constant or behind a lock.
package final class Capture: @unchecked Sendable {
    private struct Handover: Sendable {
        var pending: [RecordBatch] = []
        var pendingBytes = 0
        /// Records of batches that were lost while they waited.
        var lost = 0
        var nextID: UInt64 = 1
        var isIngestScheduled = false
    }

    let limits: CaptureLimits
    let pool: ChunkPool
    private let handover = NIOLockedValueBox(Handover())
    private let store: NIOLockedValueBox<RecordStore>
    private let rate = NIOLockedValueBox(RateMeter(now: Capture.uptime))
    private let observers = CaptureObservers()
    private let pairing: AckPairing
    private let queue = DispatchQueue(label: "siphon.capture")

    package init(limits: CaptureLimits = CaptureLimits()) {
        self.limits = limits
        pool = ChunkPool(chunkBytes: limits.chunkBytes, limit: limits.freeChunks)
        store = NIOLockedValueBox(RecordStore(limits: limits))
        pairing = AckPairing(limits: limits)
    }

    /// A recorder for one event loop.
    package func makeRecorder() -> CaptureRecorder { CaptureRecorder(capture: self) }

    // MARK: Reading

    /// Nil where it was evicted, cleared, or never recorded.
    package func event(_ id: EventID) -> StoredEvent? {
        guard id.number < .max, let batch = batches(overlapping: id.number..<id.number + 1).first else { return nil }
        var found: StoredEvent?
        batch.forEach { number, record in
            if number == id.number { found = StoredEvent(id: id, record: record, capture: self) }
            return found == nil
        }
        return found
    }

    package var newest: EventID? { store.withLockedValue { $0.newestID.map(EventID.init) } }

    package var oldest: EventID? { store.withLockedValue { $0.firstID.map(EventID.init) } }

    /// The last event that came in, whether or not it is still in memory; e0 for none.
    package var last: EventID { EventID(store.withLockedValue { $0.lastID }) }

    /// The last event that `clear()` forgot; e0 for none. What is missing behind it was lost to a bound.
    package var cleared: EventID { EventID(store.withLockedValue { $0.clearedID }) }

    /// Events that are in memory.
    package var count: Int { store.withLockedValue { $0.count } }

    /// Events that were lost to a bound since the start.
    package var evicted: UInt64 { store.withLockedValue { $0.evicted } }

    /// What the events in memory count for against `CaptureLimits.memoryBytes`.
    package var memoryBytes: Int { store.withLockedValue { $0.memoryBytes } }

    /// Events a second over the last five whole seconds.
    package var eventsPerSecond: Double { rate.withLockedValue { $0.rate(now: Self.uptime) } }

    func batches(overlapping ids: Range<UInt64>) -> [RecordBatch] {
        store.withLockedValue { $0.batches(overlapping: ids) }
    }

    // MARK: Changing

    /// Forgets all events that were handed over, and all acks that are awaited. They do not count as evicted. Waits
    /// for the capture's queue: not to be called from an observer or an event loop.
    package func clear() {
        queue.sync {
            ingest()
            pairing.removeAll()
            store.withLockedValue { $0.removeAll() }
        }
    }

    /// Returns once every record that was flushed before the call is readable.
    package func settle() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.ingest()
                continuation.resume()
            }
        }
    }

    /// As `settle()`, blocking: not to be called from an observer or an event loop.
    package func drain() { queue.sync { ingest() } }

    /// Calls `body` with the newest id after records came in, on the capture's queue: once for all that came in
    /// together. It must not block and may read the capture. It is not called for what was there before. The
    /// observation ends when it is cancelled or let go; a call that is under way then still comes to its end.
    package func observe(_ body: @escaping @Sendable (_ newest: EventID) -> Void) -> CaptureObservation {
        observers.add(body)
    }

    // MARK: Taking in

    /// Called by recorders, with one batch at least and one record in each. Returns the last record's id.
    func handOver(_ batches: [RecordBatch]) -> EventID {
        let (last, isScheduled) = handover.withLockedValue { handover in
            for batch in batches {
                var batch = batch
                batch.firstID = handover.nextID
                handover.nextID = batch.endID
                handover.pendingBytes += batch.cost
                handover.pending.append(batch)
            }
            dropOldest(&handover)
            defer { handover.isIngestScheduled = true }
            return (handover.nextID - 1, handover.isIngestScheduled)
        }
        if !isScheduled { queue.async { self.ingest() } }
        return EventID(last)
    }

    private func dropOldest(_ handover: inout Handover) {
        let bytesLimit = min(limits.pendingBytes, limits.memoryBytes)
        var dropped = 0
        while dropped < handover.pending.count - 1,
            handover.pending.count - dropped > limits.pendingBatches || handover.pendingBytes > bytesLimit
        {
            handover.lost += handover.pending[dropped].count
            handover.pendingBytes -= handover.pending[dropped].cost
            dropped += 1
        }
        if dropped > 0 { handover.pending.removeFirst(dropped) }
    }

    private func ingest() {
        let (pending, lost) = handover.withLockedValue { handover in
            defer {
                handover.pending = []
                handover.pendingBytes = 0
                handover.lost = 0
                handover.isIngestScheduled = false
            }
            return (handover.pending, handover.lost)
        }
        guard let last = pending.last else { return }
        for batch in pending where batch.pairable > 0 {
            batch.forEach { id, record in
                if record.isPairable { pairing.add(record, id: id) }
                return true
            }
        }
        store.withLockedValue { store in
            store.noteLost(lost)
            for batch in pending {
                store.add(batch)
                store.evict { pairing.remove($1, id: $0) }
            }
        }
        rate.withLockedValue { $0.add(pending.reduce(lost) { $0 + $1.count }, now: Self.uptime) }
        observers.notify(EventID(last.endID - 1))
    }

    /// Events and acks that the pairing knows of.
    func pairedCount() -> Int { queue.sync { pairing.count } }

    private static var uptime: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds) }
}
