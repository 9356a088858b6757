import NIOCore
import SocketIOCore

/// Emissions that wait for their time.
struct EmissionTimers {
    struct Entry {
        let due: NIODeadline
        let emission: Emission
        /// See `EventContext.emissionDepth`, of the event that caused it.
        let depth: Int

        fileprivate var cost: Int { emission.packet.sizeBytes + Limits.waitingEventBytes }
    }

    private let limit: Int
    private let bytesLimit: Int
    private var bytes = 0
    /// By time, and in order for the same.
    private var entries = CircularBuffer<Entry>()

    init(limit: Int, bytesLimit: Int) {
        self.limit = limit
        self.bytesLimit = bytesLimit
    }

    var deadline: NIODeadline? { entries.first?.due }

    /// False where as many wait as may, or as many bytes.
    mutating func add(_ entry: Entry) -> Bool {
        guard entries.count < limit, bytes + entry.cost <= bytesLimit else { return false }
        bytes += entry.cost
        entries.append(entry)
        var index = entries.index(before: entries.endIndex)
        while index > entries.startIndex, entries[entries.index(before: index)].due > entry.due {
            entries.swapAt(index, entries.index(before: index))
            index = entries.index(before: index)
        }
        return true
    }

    mutating func next(at now: NIODeadline) -> Entry? {
        guard let due = deadline, due <= now, let first = entries.popFirst() else { return nil }
        bytes -= first.cost
        return first
    }

    mutating func takeAll() -> [Entry] {
        defer { (entries, bytes) = ([], 0) }
        return Array(entries)
    }
}
