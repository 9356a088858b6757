import NIOCore

/// Emissions that wait for their time.
struct EmissionTimers {
    struct Entry {
        let due: NIODeadline
        let emission: Emission
        /// See `EventContext.emissionDepth`, of the event that caused it.
        let depth: Int
    }

    private let limit: Int
    /// By time, and in order for the same.
    private var entries = CircularBuffer<Entry>()

    init(limit: Int) { self.limit = limit }

    var deadline: NIODeadline? { entries.first?.due }

    /// False where as many wait as may.
    mutating func add(_ entry: Entry) -> Bool {
        guard entries.count < limit else { return false }
        entries.append(entry)
        var index = entries.index(before: entries.endIndex)
        while index > entries.startIndex, entries[entries.index(before: index)].due > entry.due {
            entries.swapAt(index, entries.index(before: index))
            index = entries.index(before: index)
        }
        return true
    }

    mutating func next(at now: NIODeadline) -> Entry? {
        guard let due = deadline, due <= now else { return nil }
        return entries.popFirst()
    }

    mutating func takeAll() -> [Entry] {
        defer { entries = [] }
        return Array(entries)
    }
}
