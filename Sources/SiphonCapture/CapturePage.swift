package import SiphonCore

/// A part of the capture, ascending by id.
package struct CapturePage: Sendable {
    package var events: [StoredEvent]
    /// Goes into the parameter that the page was asked with (`before` where there was none) for the page that
    /// follows; nil where nothing follows.
    package var next: EventID?
    /// Events that were lost to a bound since the start.
    package var evicted: UInt64
}

extension Capture {
    /// The first `limit` events after `after`; without it the last `limit` events before `before`, or of all.
    ///
    /// - Parameters:
    ///   - after: exclusive; with it the page goes on towards newer events, up to `before`, also exclusive.
    ///   - matches: called without a lock held, for each event at most once, until the page is full and one more
    ///     matched.
    package func events(
        after: EventID? = nil, before: EventID? = nil, limit: Int, where matches: (StoredEvent) -> Bool = { _ in true }
    ) -> CapturePage {
        let start = after.map { $0.number == .max ? .max : $0.number + 1 } ?? 0
        let end = before?.number ?? .max
        guard limit > 0, start < end else { return CapturePage(events: [], next: nil, evicted: evicted) }
        let batches = batches(overlapping: start..<end)
        var page = CapturePage(events: [], next: nil, evicted: evicted)
        if after != nil {
            collectForward(batches, start..<end, limit, matches, into: &page)
        } else {
            collectBackward(batches, start..<end, limit, matches, into: &page)
        }
        return page
    }

    private func collectForward(
        _ batches: [RecordBatch], _ ids: Range<UInt64>, _ limit: Int, _ matches: (StoredEvent) -> Bool,
        into page: inout CapturePage
    ) {
        for batch in batches {
            batch.forEach { id, record in
                guard ids.contains(id) else { return id < ids.upperBound }
                let event = StoredEvent(id: EventID(id), record: record, capture: self)
                guard matches(event) else { return true }
                guard page.events.count < limit else {
                    page.next = page.events.last?.id
                    return false
                }
                page.events.append(event)
                return true
            }
            if page.next != nil { return }
        }
    }

    private func collectBackward(
        _ batches: [RecordBatch], _ ids: Range<UInt64>, _ limit: Int, _ matches: (StoredEvent) -> Bool,
        into page: inout CapturePage
    ) {
        defer { page.events.reverse() }
        for batch in batches.reversed() {
            // Records can be walked forwards only.
            var events: [StoredEvent] = []
            batch.forEach { id, record in
                if ids.contains(id) { events.append(StoredEvent(id: EventID(id), record: record, capture: self)) }
                return id < ids.upperBound
            }
            for event in events.reversed() where matches(event) {
                guard page.events.count < limit else {
                    page.next = page.events.last?.id
                    return
                }
                page.events.append(event)
            }
        }
    }
}
