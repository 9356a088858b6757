import SiphonCapture
import SiphonCore
import SiphonRules

/// Asks a filter of many events, and gives up where that takes too much work.
struct EventSearch {
    private let filter: Filter
    private let place: String
    private let workLimit: Double
    private var reading = EventReading(now: Timestamp.now())
    private var refusal: String?

    /// - Parameter place: where the filter was given, for the refusal.
    init(_ filter: Filter, _ place: String, _ limits: InspectorLimits) {
        self.filter = filter
        self.place = place
        workLimit = limits.searchWork
    }

    /// Matches nothing any more once it has given up.
    mutating func matches(_ event: StoredEvent) -> Bool { matches(event, event.id) }

    mutating func matches(_ event: some EventView, _ id: EventID) -> Bool {
        guard refusal == nil else { return false }
        reading.forget()
        let isMatch = filter.matches(event, reading: &reading)
        if let fault = reading.fault {
            refusal = "\(fault) on \(id); a term beside it, such as size:<10k, leaves large events out"
        } else if reading.expressionWork > workLimit {
            refusal =
                "its regular expressions have taken too much work by \(id); a term beside them, such as "
                + "event:chat, leaves more events out"
        }
        return isMatch
    }

    /// Throws where it has given up.
    func check() throws(InspectorError) {
        if let refusal { throw InspectorError(.invalid, "\(place): \(refusal)") }
    }
}
