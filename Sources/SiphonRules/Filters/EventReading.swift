import SiphonCore

/// What has been read of one event by the filters that looked at it, so that nothing is read twice however many they
/// are, and nothing that none of them asks for.
///
/// It belongs to one event: `forget()` comes between two events, and after the packet was changed. A value of one
/// thread.
package struct EventReading {
    /// What relative times, such as `time:>-5m`, count from: nanoseconds since 1970, UTC.
    package let now: Int64
    /// What kept the filter that looked last from an answer; nil where it could be answered.
    package private(set) var fault: FilterFault?

    private var searchable: SearchableText?

    package init(now: Int64) { self.now = now }

    /// Forgets what was read. Memory is kept for what comes.
    package mutating func forget() {
        searchable = nil
        fault = nil
    }

    mutating func begin() { fault = nil }

    mutating func fail(_ fault: FilterFault) { self.fault = fault }

    mutating func searchableText(of event: some EventView) -> SearchableText {
        if let searchable { return searchable }
        let text = event.withPayload { SearchableText($0) }
        searchable = text
        return text
    }
}
