package import LosslessJSON
import NIOConcurrencyHelpers
package import SiphonCore
package import SocketIOCore
import Synchronization

/// The rules that are in force, as a step of the chain. The set is immutable and swapped whole: an event sees the old
/// one or the new one. Called from any thread.
///
/// Each kind of packet can be dropped; what may be changed of each is said at `PacketDraft`. A dropped event goes
/// through no later rule.
package final class RuleStore: EventMiddleware {
    private struct State {
        var rules = RuleSet()
        var lastID: UInt32 = 0
        var error: RuleError?

        mutating func entry(for rule: Rule, from source: RuleSource) -> RuleEntry {
            lastID += 1
            return RuleEntry(id: RuleID(lastID), rule: rule, source: source, activity: rule.makeActivity())
        }
    }

    private let state = NIOLockedValueBox(State())
    /// For those who come with every packet and would mind a lock.
    private let mask = EnvelopeMask()

    package init() {}

    // MARK: The step

    package func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        guard mask.mayWant(packet) else { return false }
        let rules = state.withLockedValue { $0.rules }
        return rules.gate.first(envelopeOf: packet, context: context) != nil
    }

    package func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision {
        let rules = state.withLockedValue { $0.rules }
        var draft = RuleDraft(packet, context)
        var reading = EventReading(now: context.moment.wall)
        for entry in rules.enabled {
            let filter = entry.rule.when
            guard filter.mayMatch(envelopeOf: draft.packet, context: context) else { continue }
            let event = PassingEvent(draft.packet, context: context, marks: draft.marks)
            guard filter.matches(event, reading: &reading) else {
                if let fault = reading.fault { disable(entry, because: fault.description) }
                continue
            }
            let conditions = entry.rule.conditions
            guard entry.activity.admits(conditions, at: context.moment.monotonic) else { continue }
            guard draft.apply(entry) else {
                entry.activity.giveBack(conditions)
                continue
            }
            entry.activity.count(at: context.moment.wall)
            if draft.isDropped { return draft.decision }
            reading.forget()
            if entry.rule.stop { break }
        }
        var decision = next(draft.packet, context)
        decision.rules = draft.rules + decision.rules
        if let own = draft.shaping {
            var shaping = own
            if let later = decision.shaping { shaping.add(later) }
            decision.shaping = shaping
        }
        return decision
    }

    /// Unless somebody has replaced the rule meanwhile.
    private func disable(_ entry: RuleEntry, because problem: String) {
        change { state in
            var entries = state.rules.entries
            guard let index = entries.firstIndex(where: { $0.activity === entry.activity }), entries[index].isEnabled
            else { return }
            entries[index].isOff = true
            entries[index].activity.note(problem: "disabled: \(problem)")
            state.rules = RuleSet(entries)
        }
    }

    // MARK: The set

    package func list() -> [RuleStatus] { state.withLockedValue { $0.rules }.entries.map(\.status) }

    package func status(of id: RuleID) -> RuleStatus? {
        state.withLockedValue { $0.rules }.entries.first { $0.id == id }?.status
    }

    /// How many rules are enabled.
    package var activeCount: Int { state.withLockedValue { $0.rules }.enabled.count }

    /// What was wrong with the file when it was last read; nil when it was fine.
    package var error: RuleError? { state.withLockedValue { $0.error } }

    /// The first thing that is wrong with the rules: with the file, or else with a rule that was disabled, or could not
    /// do something, whose id is the path then. Nil for nothing.
    package var firstProblem: RuleError? {
        let (rules, error) = state.withLockedValue { ($0.rules, $0.error) }
        if let error { return error }
        let troubled = rules.entries.filter { $0.activity.problem != nil }
        return (troubled.first(where: \.isOff) ?? troubled.first).flatMap { entry in
            entry.activity.problem.map { RuleError(path: entry.id.description, message: $0) }
        }
    }

    private func change<Result>(_ body: (inout State) -> Result) -> Result {
        state.withLockedValue { state in
            defer { mask.replace(with: state.rules.gate.mask) }
            return body(&state)
        }
    }

    /// Puts a rule behind the others. Throws for what is no rule, and at `RuleParser.ruleLimit`.
    @discardableResult
    package func add(_ json: JSONValue) throws(RuleError) -> RuleID { try add(try RuleParser.rule(from: json)) }

    @discardableResult
    package func add(_ rule: Rule) throws(RuleError) -> RuleID {
        let id: RuleID? = change { state in
            guard state.rules.entries.count < RuleParser.ruleLimit else { return nil }
            let entry = state.entry(for: rule, from: .api)
            state.rules = RuleSet(state.rules.entries + [entry])
            return entry.id
        }
        guard let id else { throw RuleError(path: "", message: "there are \(RuleParser.ruleLimit) rules already") }
        return id
    }

    /// Puts another rule in the place of one; false for no such rule. Its hits count on only if it does the same.
    @discardableResult
    package func replace(_ id: RuleID, _ json: JSONValue) throws(RuleError) -> Bool {
        let rule = try RuleParser.rule(from: json)
        return change { state in
            var entries = state.rules.entries
            guard let index = entries.firstIndex(where: { $0.id == id }) else { return false }
            entries[index] = entries[index].replacing(rule)
            state.rules = RuleSet(entries)
            return true
        }
    }

    /// False for no such rule.
    @discardableResult
    package func remove(_ id: RuleID) -> Bool {
        change { state in
            let entries = state.rules.entries.filter { $0.id != id }
            guard entries.count < state.rules.entries.count else { return false }
            state.rules = RuleSet(entries)
            return true
        }
    }

    /// Puts the rules into another order. `ids` must name each rule once.
    package func reorder(_ ids: [RuleID]) throws(RuleError) {
        let isDone = change { state in
            let entries = Dictionary(uniqueKeysWithValues: state.rules.entries.map { ($0.id, $0) })
            let ordered = ids.compactMap { entries[$0] }
            guard ordered.count == ids.count, ids.count == entries.count, Set(ids).count == ids.count else {
                return false
            }
            state.rules = RuleSet(ordered)
            return true
        }
        guard isDone else { throw RuleError(path: "ids", message: "expected the id of each rule once") }
    }

    // MARK: The file

    /// Puts the rules of the file first, in the place of those an earlier reading brought, and returns their ids. A
    /// rule that does what one did keeps its id and what it has done so far.
    @discardableResult
    func load(_ rules: [Rule]) throws(RuleError) -> [RuleID] {
        let ids: [RuleID]? = change { state in
            var known = state.rules.entries.filter { $0.source == .file }
            let others = state.rules.entries.filter { $0.source == .api }
            guard rules.count + others.count <= RuleParser.ruleLimit else { return nil }
            var entries: [RuleEntry] = []
            for rule in rules {
                if let index = known.firstIndex(where: { $0.rule == rule })
                    ?? known.firstIndex(where: { entry in
                        entry.rule.actsLike(rule) && !rules.contains(entry.rule)
                    })
                {
                    entries.append(known.remove(at: index).rereading(rule))
                } else {
                    entries.append(state.entry(for: rule, from: .file))
                }
            }
            state.rules = RuleSet(entries + others)
            state.error = nil
            return entries.map(\.id)
        }
        guard let ids else { throw RuleError(path: "rules", message: "more than \(RuleParser.ruleLimit) rules in all") }
        return ids
    }

    /// Says what is wrong with the file; the rules stay as they are.
    func fail(_ error: RuleError) { state.withLockedValue { $0.error = error } }

    /// Makes rules the file's.
    func markSaved(_ ids: Set<RuleID>) {
        change { state in
            state.error = nil
            state.rules = RuleSet(
                state.rules.entries.map { entry in
                    var entry = entry
                    if ids.contains(entry.id) { entry.source = .file }
                    return entry
                })
        }
    }

    // MARK: JSON

    /// `{"rules": […], "error": null | {"path", "message", "line", "column"}}`
    package var ruleJSON: JSONValue {
        let (rules, error) = state.withLockedValue { ($0.rules, $0.error) }
        return ["rules": .array(rules.entries.map(\.status.json)), "error": error?.json ?? .null]
    }
}

extension RuleError {
    package var json: JSONValue {
        [
            "path": JSONValue(path), "message": JSONValue(message), "line": line.map { JSONValue($0) } ?? .null,
            "column": column.map { JSONValue($0) } ?? .null,
        ]
    }
}
