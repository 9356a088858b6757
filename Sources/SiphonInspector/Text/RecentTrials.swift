import LosslessJSON
import SiphonCapture
import SiphonCore
import SiphonRules

/// What a rule would have made of events of the capture: a count, and the newest of them.
struct RecentTrials {
    private let rules: RuleStore
    /// Its filter, asked beforehand so that the work is counted.
    private(set) var search: EventSearch
    private let limit: Int
    private let bytesLimit: Int
    private var tested = 0
    private var matched = 0
    private var trials: [EventTrial] = []
    private var bytes = 0
    private var problem: String?

    /// - Parameters:
    ///   - rules: the one rule alone.
    ///   - search: for what its filter matches.
    ///   - bytesLimit: of what is kept, beyond the one that is always kept.
    init(_ rules: RuleStore, _ search: EventSearch, limit: Int, bytesLimit: Int) {
        self.rules = rules
        self.search = search
        self.limit = limit
        self.bytesLimit = bytesLimit
    }

    mutating func add(_ event: StoredEvent) {
        guard let packet = event.receivedPacket else { return }
        tested += 1
        let context = event.context
        guard search.matches(PassingEvent(packet, context: context), event.id) else { return }
        let decision = rules.handle(packet, context: context) { packet, _ in EventDecision(packet: packet) }
        problem = rules.firstProblem?.message ?? problem
        guard !decision.rules.isEmpty else { return }
        matched += 1
        let trial = EventTrial(event, received: packet, decision: decision)
        trials.append(trial)
        bytes += trial.sizeBytes
        var excess = 0
        while trials.count - excess > limit || bytes > bytesLimit && trials.count - excess > 1 {
            bytes -= trials[excess].sizeBytes
            excess += 1
        }
        if excess > 0 { trials.removeFirst(excess) }
    }

    /// `{"tested": n, "matched": n, "problem": null | "sentence", "matches": […]}`
    func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("tested", tested)
        writer.member("matched", matched)
        writer.member("problem", problem)
        writer.key("matches")
        writer.beginArray()
        for trial in trials { trial.write(into: &writer) }
        writer.endArray()
        writer.endObject()
    }
}
