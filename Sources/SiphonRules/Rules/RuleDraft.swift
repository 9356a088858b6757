import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore

/// What rules have made of one event so far.
struct RuleDraft {
    /// As it stands after the rules that have acted.
    private(set) var packet: SocketPacket
    private(set) var isDropped = false
    private(set) var rules: [RuleID] = []
    private(set) var shaping: EventShaping?
    private var answer: SocketPacket?
    private var emissionBudget: EmissionBudget
    private let context: EventContext

    init(_ packet: SocketPacket, _ context: EventContext) {
        self.packet = packet
        self.context = context
        emissionBudget = context.emissionBudget
    }

    var marks: [String] { shaping?.marks ?? [] }

    var decision: EventDecision {
        EventDecision(packet: isDropped ? nil : packet, rules: rules, answer: answer, shaping: shaping)
    }

    /// Carries out the actions of a rule, in order; says whether one of them did anything. What is dropped is neither
    /// changed nor sent on, but may be answered later, marked, and have emissions.
    mutating func apply(_ entry: RuleEntry) -> Bool {
        entry.activity.forgetProblem()
        let number = entry.activity.takeNumber()
        var step = Step(draft: PacketDraft(packet), context: context, counter: number, entry: entry)
        var hasActed = false
        for action in entry.rule.then where apply(action, &step) { hasActed = true }
        guard hasActed else {
            entry.activity.giveBack(number: number)
            return false
        }
        packet = step.draft.result
        rules.append(entry.id)
        return true
    }

    /// What the actions of one rule share.
    private struct Step {
        var draft: PacketDraft
        let context: EventContext
        let counter: Int
        let entry: RuleEntry

        var writer: RuleValueWriter { RuleValueWriter(draft, context, counter: counter) }
    }

    private mutating func apply(_ action: Action, _ step: inout Step) -> Bool {
        let entry = step.entry
        switch action {
        case .set, .remove, .rename, .replace: return !isDropped && Self.edit(action, &step)
        case .drop(let arguments): return drop(answer: arguments, step)
        case .reply(let arguments): return packet.kind.isEvent && drop(answer: arguments, step)
        case .delay(let time, let jitter):
            let delay = entry.activity.delay(time, jitter: jitter)
            return shape { $0.delay = $0.delay + delay }
        case .throttle(let events, let per):
            return !isDropped && shape { $0.throttles.append(.init(rule: entry.id, events: events, per: per)) }
        case .duplicate(let count):
            return packet.kind.isEvent && !isDropped && shape { $0.copies = max($0.copies, count) }
        case .reorder(let window, _):
            guard packet.kind.isEvent, !isDropped else { return false }
            let place = EventShaping.Reordering(rule: entry.id, window: window, rank: entry.activity.rank())
            return shape { $0.reordering = place }
        case .emit(let emit): return self.emit(emit, step)
        case .disconnect(let method):
            let namespace = packet.namespace
            return shape { $0.disconnection = .init(rule: entry.id, method: method.method(namespace: namespace)) }
        case .mark(let marks):
            return shape { shaping in
                for mark in marks where !shaping.marks.contains(mark) { shaping.marks.append(mark) }
            }
        }
    }

    /// Always true, for it did something.
    private mutating func shape(_ change: (inout EventShaping) -> Void) -> Bool {
        var new = shaping ?? EventShaping()
        change(&new)
        shaping = new
        return true
    }

    // MARK: Editing

    private static func edit(_ action: Action, _ step: inout Step) -> Bool {
        switch action {
        case .set(let assignments):
            // Each by itself: one that finds no place leaves the others alone.
            return assignments.reduce(false) { hasActed, assignment in
                set(assignment.place, to: assignment.value, &step) || hasActed
            }
        case .remove(let places): return places.reduce(false) { step.draft.remove($1) || $0 }
        case .rename(let name): return set(.name, to: name, &step)
        case .replace(let arguments):
            var writer = step.writer
            let name = step.draft.json(at: .name)
            guard name?.first == UInt8(ascii: "\"") || !step.draft.packet.kind.isEvent,
                writer.writeList(arguments, first: name)
            else {
                return false
            }
            return step.draft.replace(with: writer.take(), attachments: writer.attachments)
        default: return false
        }
    }

    private static func set(_ place: EventPlace, to value: RuleValue, _ step: inout Step) -> Bool {
        var writer = step.writer
        guard writer.write(value) else { return false }
        return step.draft.set(place, to: writer.take(), attachments: writer.attachments)
    }

    // MARK: Dropping

    private mutating func drop(answer arguments: [RuleValue]?, _ step: Step) -> Bool {
        guard !isDropped else { return false }
        isDropped = true
        guard let arguments, packet.wantsAck else { return true }
        var writer = step.writer
        if writer.writeList(arguments) {
            answer = step.draft.packet(
                .ack, namespace: packet.namespace, ackID: packet.ackID, json: writer.take(),
                attachments: writer.attachments)
        }
        if answer == nil {
            step.entry.activity.note(
                problem: "an answer found no value for a template, mixed up binary values, or was too long")
        }
        return true
    }

    // MARK: Emitting

    private mutating func emit(_ emit: Action.EmitAction, _ step: Step) -> Bool {
        let activity = step.entry.activity
        guard context.emissionDepth < Limits.emissionDepth else {
            activity.note(problem: "what it emits makes it act again: stopped after \(Limits.emissionDepth) rounds")
            return false
        }
        let isTooMuch = "one event makes rules emit too many others, or too large ones: the rest is not sent"
        guard !emissionBudget.isSpent else {
            activity.note(problem: isTooMuch)
            return false
        }
        var writer = step.writer
        let name = writer.write(emit.name) ? writer.take() : []
        guard EventName.isAllowed(name), writer.writeList(emit.arguments, first: name),
            let packet = step.draft.packet(
                .event, namespace: emit.namespace ?? packet.namespace, json: writer.take(),
                attachments: writer.attachments)
        else {
            activity.note(
                problem:
                    "an emission had no name, found no value for a template, mixed up binary values, or was too long")
            return false
        }
        guard emissionBudget.take(packet) else {
            activity.note(problem: isTooMuch)
            return false
        }
        let emission = Emission(rule: step.entry.id, to: emit.to, packet: packet, after: emit.after)
        return shape { $0.emissions.append(emission) }
    }
}

extension Action.Disconnect {
    fileprivate func method(namespace: String) -> DisconnectMethod {
        switch self {
        case .transport: .transport
        case .namespace: .namespace(namespace)
        case .server: .server
        }
    }
}
