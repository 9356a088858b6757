import LosslessJSON
import SiphonCore
import SocketIOCore
import Synchronization

/// Rules in order; never changed, only swapped for another.
final class RuleSet: Sendable {
    let entries: [RuleEntry]
    let enabled: [RuleEntry]
    /// The filters of `enabled`, by themselves: all that is asked of a packet that no rule wants.
    let filters: [Filter]

    init(_ entries: [RuleEntry] = []) {
        self.entries = entries
        enabled = entries.filter(\.rule.enabled)
        filters = enabled.map(\.rule.when)
    }
}

/// A rule in a set. The count is shared by all sets that the rule is in.
struct RuleEntry: Sendable {
    let id: RuleID
    let rule: Rule
    let source: RuleSource
    let hits: RuleHits

    func replacing(_ rule: Rule) -> RuleEntry {
        RuleEntry(id: id, rule: rule, source: source, hits: rule.actsLike(self.rule) ? hits : RuleHits())
    }

    var status: RuleStatus { RuleStatus(id: id, rule: rule, source: source, hits: hits.number, lastHit: hits.last) }
}

/// How often and when last a rule acted, counted from any thread.
final class RuleHits: Sendable {
    private let counter = Atomic<Int>(0)
    private let lastTime = Atomic<Int64>(.min)

    func count(at time: Int64) {
        counter.wrappingAdd(1, ordering: .relaxed)
        lastTime.max(time, ordering: .relaxed)
    }

    var number: Int { counter.load(ordering: .relaxed) }

    /// Nil for never.
    var last: Int64? {
        let time = lastTime.load(ordering: .relaxed)
        return time == .min ? nil : time
    }
}

extension Rule {
    enum Outcome: Hashable {
        /// No action did anything.
        case nothing
        /// To go on with; with the same bytes where values were set that were there already.
        case packet(SocketPacket)
        /// With the arguments of the ack for the sender, as one JSON list, where it wants one.
        case dropped(answer: [UInt8]?)
    }

    /// Carries out the actions, in order, up to a drop.
    func outcome(for packet: SocketPacket) -> Outcome {
        var outcome = Outcome.nothing
        var packet = packet
        for action in then {
            switch action {
            case .drop(let answer):
                let bytes = packet.wantsAck ? answer.map { JSONValue.array($0).encoded } : nil
                return .dropped(answer: bytes)
            case .set(let assignments):
                guard let edited = PacketEditor.setting(assignments, in: packet) else { continue }
                packet = edited
                outcome = .packet(edited)
            }
        }
        return outcome
    }
}
