import NIOCore
import SocketIOCore

/// What rules keep back: delayed and throttled events, each with all that came behind it, and events that wait for
/// others to be reordered with.
///
/// A lane is one direction of one namespace. What is in it leaves in order: who is delayed holds up who comes behind
/// (Socket.IO knows no order between namespaces). A group that is reordered stands beside its lane until it is whole.
struct Lanes {
    struct Key: Hashable {
        let from: Side
        let namespace: String
    }

    private struct Group {
        var members: [(rank: UInt64, departure: Departure)]
        let window: Int
        let deadline: NIODeadline
    }

    private struct Lane {
        /// A peer decides how many lanes there are, so an empty one has room for one.
        var queue = CircularBuffer<Departure>(initialCapacity: 1)
        var groups: [RuleID: Group] = [:]
        /// The deadline that `deadlines` has for it.
        var noted: NIODeadline?

        var isEmpty: Bool { queue.isEmpty && groups.isEmpty }

        var deadline: NIODeadline? {
            guard let first = groups.values.lazy.map(\.deadline).min() else { return queue.first?.due }
            return queue.first.map { min($0.due, first) } ?? first
        }
    }

    private let groupTime: TimeAmount
    private var lanes: [Key: Lane] = [:]
    private var clientBytes = 0
    private var upstreamBytes = 0
    /// That of each lane, among others that no longer hold; the first one holds. A peer decides how many lanes there
    /// are.
    private(set) var deadlines = DeadlineHeap<Key>()

    init(groupTime: TimeAmount) { self.groupTime = groupTime }

    var isEmpty: Bool { lanes.isEmpty }

    /// When something may leave at the earliest. Nil while nothing waits.
    var deadline: NIODeadline? { deadlines.first?.deadline }

    /// What waits of that sender's, in bytes as `Limits.queuedBytes` counts them.
    func bytes(from side: Side) -> Int { side == .client ? clientBytes : upstreamBytes }

    /// Whether what comes next has to wait.
    func isOccupied(_ key: Key) -> Bool { lanes[key].map { !$0.queue.isEmpty } ?? false }

    /// Keeps a departure back until its time, and until all before it have left.
    mutating func add(_ departure: Departure, to key: Key) {
        count(departure.cost, key.from)
        lanes[key, default: Lane()].queue.append(departure)
        noteDeadline(of: key)
    }

    /// Adds an event to its group, which joins the lane once it is whole.
    mutating func add(_ departure: Departure, _ place: EventShaping.Reordering, to key: Key, at now: NIODeadline) {
        count(departure.cost, key.from)
        let new = Group(members: [], window: place.window, deadline: now + groupTime)
        lanes[key, default: Lane()].groups[place.rule, default: new].members.append((place.rank, departure))
        if let group = lanes[key]?.groups[place.rule], group.members.count >= group.window {
            dissolve(place.rule, in: key)
        }
        noteDeadline(of: key)
    }

    /// Lets the groups of a lane join it as they are: what comes next may not overtake them.
    mutating func dissolveGroups(in key: Key) {
        guard let lane = lanes[key], !lane.groups.isEmpty else { return }
        for rule in lane.groups.keys.sorted(by: { $0.number < $1.number }) { dissolve(rule, in: key) }
        noteDeadline(of: key)
    }

    /// Returns one that may leave by now, the longest due first; nil for none. To be called until then.
    mutating func next(at now: NIODeadline) -> Departure? {
        while let (deadline, key) = deadlines.first.map({ ($0.deadline, $0.key) }), deadline <= now {
            for rule in rulesDue(at: now, in: key) { dissolve(rule, in: key) }
            defer { noteDeadline(of: key) }
            if let first = lanes[key]?.queue.first, first.due <= now { return takeFirst(of: key) }
        }
        return nil
    }

    private func rulesDue(at now: NIODeadline, in key: Key) -> [RuleID] {
        guard let groups = lanes[key]?.groups, !groups.isEmpty else { return [] }
        return groups.filter { $0.value.deadline <= now }.keys.sorted { $0.number < $1.number }
    }

    /// Takes out everything from one side, in order lane by lane.
    mutating func takeAll(from side: Side) -> [Departure] {
        var taken: [Departure] = []
        let keys = lanes.keys.filter { $0.from == side }.sorted { $0.namespace < $1.namespace }
        for key in keys {
            dissolveGroups(in: key)
            while isOccupied(key) { if let first = takeFirst(of: key) { taken.append(first) } }
            noteDeadline(of: key)
        }
        return taken
    }

    /// Takes out the events and acks of a lane that nobody is left to take: those before the next connect.
    mutating func takeStranded(in key: Key) -> [Departure] {
        guard lanes[key] != nil else { return [] }
        dissolveGroups(in: key)
        var taken: [Departure] = []
        while let kind = lanes[key]?.queue.first?.packet.kind, kind.isEvent || kind.isAck {
            if let first = takeFirst(of: key) { taken.append(first) }
        }
        noteDeadline(of: key)
        return taken
    }

    private mutating func dissolve(_ rule: RuleID, in key: Key) {
        guard let group = lanes[key]?.groups.removeValue(forKey: rule) else { return }
        for member in group.members.sorted(by: { $0.rank < $1.rank }) { lanes[key]?.queue.append(member.departure) }
    }

    private mutating func takeFirst(of key: Key) -> Departure? {
        guard let first = lanes[key]?.queue.popFirst() else { return nil }
        count(-first.cost, key.from)
        if lanes[key]?.isEmpty == true { lanes[key] = nil }
        return first
    }

    private mutating func count(_ bytes: Int, _ side: Side) {
        if side == .client { clientBytes += bytes } else { upstreamBytes += bytes }
    }

    /// To be called after every change of a lane.
    private mutating func noteDeadline(of key: Key) {
        if let lane = lanes[key], let deadline = lane.deadline, lane.noted != deadline {
            lanes[key]?.noted = deadline
            deadlines.insert(key, at: deadline)
        }
        while let first = deadlines.first, lanes[first.key]?.deadline != first.deadline { deadlines.removeFirst() }
        guard deadlines.count > 2 * lanes.count + 64 else { return }
        deadlines.removeAll()
        for (key, lane) in lanes { if let deadline = lane.noted { deadlines.insert(key, at: deadline) } }
    }
}
