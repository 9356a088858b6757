import SiphonCore

/// How far a viewer has come.
struct ViewerPosition {
    /// The last event that was sent or skipped, or that did not match.
    private(set) var passed: EventID
    /// Up to where events that the capture lost were counted. Ahead of `passed` where the viewer is sent less than it
    /// was looked through for.
    private var counted: EventID

    init(after start: EventID) {
        passed = start
        counted = start
    }

    mutating func pass(_ event: EventID) { passed = max(passed, event) }

    /// How many ids are missing right before `event` that nobody counted; `cleared` says up to where none counts.
    mutating func countMissing(before event: EventID, cleared: @autoclosure () -> EventID) -> Int {
        defer { counted = max(counted, event) }
        guard event.number > counted.number, event.number - counted.number > 1 else { return 0 }
        let start = max(counted, cleared())
        return event.number > start.number ? Int(clamping: event.number - start.number - 1) : 0
    }
}
