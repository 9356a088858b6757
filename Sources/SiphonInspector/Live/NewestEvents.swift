import SiphonCapture

/// The last events of many.
struct NewestEvents {
    private let limit: Int
    private var ring: [StoredEvent] = []
    private var head = 0
    /// Events that were let go for newer ones.
    private(set) var skipped = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ event: StoredEvent) {
        guard limit > 0, ring.count == limit else {
            if limit > 0 { ring.append(event) } else { skipped += 1 }
            return
        }
        ring[head] = event
        head = (head + 1) % limit
        skipped += 1
    }

    /// In order of adding.
    var events: [StoredEvent] { Array(ring[head...] + ring[..<head]) }
}
