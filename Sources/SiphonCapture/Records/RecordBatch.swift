/// Records that lie one after the other in a chunk and have ids one after the other.
struct RecordBatch: Sendable {
    let chunk: RecordChunk
    /// Offsets in the chunk.
    var start: Int
    var end: Int
    /// The first record's id.
    var firstID: UInt64 = 0
    var count: Int
    /// What the records count for against the capture's memory.
    var cost: Int
    /// Records among them that the pairing of acks wants to see.
    var pairable: Int

    /// The id after the last record's.
    var endID: UInt64 { firstID &+ UInt64(count) }

    /// Calls `body` with each record until it returns false.
    func forEach(_ body: (_ id: UInt64, _ record: RecordReader) -> Bool) {
        var offset = start
        for index in 0..<count {
            let record = RecordReader(chunk: chunk, offset: offset)
            guard body(firstID &+ UInt64(index), record) else { return }
            offset += record.header.length
        }
    }

    /// Takes up `next` where it goes on right behind.
    mutating func extend(with next: RecordBatch) -> Bool {
        guard next.chunk === chunk, next.start == end, next.firstID == endID else { return false }
        end = next.end
        count += next.count
        cost += next.cost
        pairable += next.pairable
        return true
    }
}
