import NIOConcurrencyHelpers

/// The records in memory, oldest first, within the capture's bounds.
struct RecordStore: Sendable {
    private let limits: CaptureLimits
    private var batches: [RecordBatch] = []
    /// Batches in front that are gone; they are cut off when they are many.
    private var head = 0

    private(set) var count = 0
    /// What all records count for.
    private(set) var memoryBytes = 0
    /// The last id that came in; 0 for none.
    private(set) var lastID: UInt64 = 0
    /// The last id that was forgotten on purpose; 0 for none.
    private(set) var clearedID: UInt64 = 0
    /// Records that were lost to a bound.
    private(set) var evicted: UInt64 = 0

    init(limits: CaptureLimits) { self.limits = limits }

    var firstID: UInt64? { head < batches.count ? batches[head].firstID : nil }

    /// The newest that is still here.
    var newestID: UInt64? { head < batches.count ? batches[batches.count - 1].endID - 1 : nil }

    /// Batches that hold ids within the range, whole.
    func batches(overlapping ids: Range<UInt64>) -> [RecordBatch] {
        let live = batches[head...]
        let start = live.partitioningIndex { $0.endID > ids.lowerBound }
        let end = live.partitioningIndex { $0.firstID >= ids.upperBound }
        return start < end ? Array(live[start..<end]) : []
    }

    mutating func add(_ batch: RecordBatch) {
        count += batch.count
        memoryBytes += batch.cost
        lastID = batch.endID - 1
        if !batches.isEmpty, batches[batches.count - 1].extend(with: batch) { return }
        batches.append(batch)
    }

    mutating func noteLost(_ count: Int) { evicted &+= UInt64(count) }

    /// Takes out the oldest records until the bounds hold, and no more; `forget` sees those that wanted an ack.
    mutating func evict(forget: (_ id: UInt64, _ record: RecordReader) -> Void) {
        while isOver, head < batches.count {
            let batch = batches[head]
            let goesWhole = count - batch.count >= limits.events || memoryBytes - batch.cost >= limits.memoryBytes
            if goesWhole && batch.pairable == 0 {
                remove(batch.count, cost: batch.cost)
                dropHead()
            } else {
                evictRecords(of: batch, forget: forget)
            }
        }
        if head == batches.count || head > 64 && head > batches.count / 2 {
            batches.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() {
        clearedID = lastID
        batches.removeAll()
        head = 0
        count = 0
        memoryBytes = 0
    }

    private var isOver: Bool { count > limits.events || memoryBytes > limits.memoryBytes }

    private mutating func evictRecords(of batch: RecordBatch, forget: (UInt64, RecordReader) -> Void) {
        var rest = batch
        while isOver, rest.count > 0 {
            let header = RecordReader.header(in: batch.chunk, at: rest.start)
            if header.wantsAck { forget(rest.firstID, RecordReader(chunk: batch.chunk, offset: rest.start)) }
            if RecordReader.isPairable(header.kind, header.flags) { rest.pairable -= 1 }
            rest.start += header.length
            rest.firstID += 1
            rest.count -= 1
            rest.cost -= header.cost
            remove(1, cost: header.cost)
        }
        if rest.count == 0 { dropHead() } else { batches[head] = rest }
    }

    /// Lets go of the chunk at once; the place in the array goes later.
    private mutating func dropHead() {
        batches[head] = .gone
        head += 1
    }

    private mutating func remove(_ count: Int, cost: Int) {
        self.count -= count
        memoryBytes -= cost
        evicted &+= UInt64(count)
    }
}

extension RecordBatch {
    /// Stands where a batch was.
    fileprivate static let gone = RecordBatch(
        chunk: RecordChunk(byteCount: 0, links: NIOLock()), start: 0, end: 0, count: 0, cost: 0, pairable: 0)
}

extension RandomAccessCollection {
    /// The first index from which on `isInSecondHalf` holds.
    func partitioningIndex(where isInSecondHalf: (Element) -> Bool) -> Index {
        var start = startIndex
        var length = count
        while length > 0 {
            let half = length / 2
            let middle = index(start, offsetBy: half)
            if isInSecondHalf(self[middle]) {
                length = half
            } else {
                start = index(after: middle)
                length -= half + 1
            }
        }
        return start
    }
}
