import NIOCore

/// Gives injected events ack ids that no peer uses, and tells their acks from all others.
///
/// Ids come from 0x4000_0000 up, which the counters of real peers, starting at 0 or 1, do not reach, and which fit the
/// 32-bit ids of some clients. Should a peer use such a number all the same, it is passed over here; where it was given
/// here already, the peer's event is sent with another.
struct InjectionTable {
    enum Match: Equatable {
        /// An ack between the peers.
        case foreign
        /// An ack between the peers for an event that was sent with another id than the peer's, which is this.
        case renumbered(String)
        case answers(PendingInjection)
        /// An ack for an injected event that nobody waits for any more, or a second one.
        case stale
    }

    private struct Key: Hashable {
        /// The side that sends the ack.
        let side: Side
        let id: UInt32
    }

    /// The ids in use in one namespace.
    private struct IDs {
        var pending: [Key: PendingInjection] = [:]
        /// Ids that a peer uses and that were not given here.
        var foreign: Set<Key> = []
        /// Ids given to events of a peer, each with the peer's own.
        var renumbered: [Key: UInt32] = [:]

        func isFree(_ key: Key) -> Bool {
            pending[key] == nil && renumbered[key] == nil && !foreign.contains(key)
        }
    }

    /// The ids of the acks that one side sends.
    private struct Counter {
        private var next = InjectionTable.firstID
        private var hasWrapped = false

        mutating func advance() -> UInt32 {
            defer {
                hasWrapped = hasWrapped || next == InjectionTable.lastID
                next = next == InjectionTable.lastID ? InjectionTable.firstID : next + 1
            }
            return next
        }

        func hasGiven(_ id: UInt32) -> Bool { hasWrapped || id < next }
    }

    static let firstID: UInt32 = 0x4000_0000
    static let lastID: UInt32 = 0x7FFF_FFFF
    /// How many digits an id in that range has at least, so that a look at the length rules out nearly all others.
    /// Zeros may stand before it: JavaScript and python peers leave them out in the ack.
    static let digits = 10
    /// Most ids in our range that a peer used itself, and whose acks have not come, that are remembered. Past it no
    /// injection may want an ack any more.
    static let foreignLimit = 10_000

    private let limit: Int
    private var fromClient = Counter()
    private var fromUpstream = Counter()
    /// Only of namespaces that somebody is in: `forget` takes them out.
    private var namespaces: [String: IDs] = [:]
    private var pendingCount = 0
    private var foreignCount = 0
    /// Whether a peer used more ids than are remembered.
    private var isCrowded = false

    init(limit: Int) { self.limit = limit }

    mutating func reserve(_ injection: Injection, at now: NIODeadline) throws(ControlError) -> PendingInjection {
        guard pendingCount < limit, !isCrowded else { throw .tooManyPending }
        let key = freeKey(acknowledgedBy: injection.to, in: injection.namespace)
        let reserved = PendingInjection(
            to: injection.to, namespace: injection.namespace, ackID: String(key.id), sentAt: now)
        namespaces[injection.namespace, default: IDs()].pending[key] = reserved
        pendingCount += 1
        return reserved
    }

    /// Ends, since far fewer ids are in use than there are.
    private mutating func freeKey(acknowledgedBy side: Side, in namespace: String) -> Key {
        while true {
            let id = side == .client ? fromClient.advance() : fromUpstream.advance()
            let key = Key(side: side, id: id)
            guard let ids = namespaces[namespace], !ids.isFree(key) else { return key }
        }
    }

    /// An id whose ack goes nowhere.
    mutating func unheardID(namespace: String, acknowledgedBy side: Side) -> String {
        String(freeKey(acknowledgedBy: side, in: namespace).id)
    }

    mutating func giveUp(_ injection: PendingInjection) {
        guard let key = key(injection.ackID, from: injection.to),
            namespaces[injection.namespace]?.pending.removeValue(forKey: key) != nil
        else { return }
        pendingCount -= 1
    }

    /// Nobody acknowledges anything in that namespace any more. Returns the injections that were waiting for it, in the
    /// order in which they were sent.
    mutating func forget(namespace: String) -> [PendingInjection] {
        guard let ids = namespaces.removeValue(forKey: namespace) else { return [] }
        pendingCount -= ids.pending.count
        foreignCount -= ids.foreign.count + ids.renumbered.count
        return ids.pending.values.sorted { ($0.sentAt, $0.ackID) < ($1.sentAt, $1.ackID) }
    }

    /// An event of one peer is on its way to `side`, which will acknowledge it. Returns the id to send it with, where
    /// its own was given to another event; nil for its own.
    mutating func note(ackID: String, namespace: String, to side: Side) -> String? {
        guard let key = key(ackID, from: side) else { return nil }
        guard foreignCount < Self.foreignLimit else {
            isCrowded = true
            return nil
        }
        guard hasGiven(key) else {
            if namespaces[namespace, default: IDs()].foreign.insert(key).inserted { foreignCount += 1 }
            return nil
        }
        let free = freeKey(acknowledgedBy: side, in: namespace)
        namespaces[namespace, default: IDs()].renumbered[free] = key.id
        foreignCount += 1
        return String(free.id)
    }

    mutating func take(ackID: String, namespace: String, from side: Side) -> Match {
        guard let key = key(ackID, from: side) else { return .foreign }
        if let injection = namespaces[namespace]?.pending.removeValue(forKey: key) {
            pendingCount -= 1
            return .answers(injection)
        }
        if let own = namespaces[namespace]?.renumbered.removeValue(forKey: key) {
            foreignCount -= 1
            return .renumbered(String(own))
        }
        if namespaces[namespace]?.foreign.remove(key) != nil {
            foreignCount -= 1
            return .foreign
        }
        return hasGiven(key) ? .stale : .foreign
    }

    private func hasGiven(_ key: Key) -> Bool {
        (key.side == .client ? fromClient : fromUpstream).hasGiven(key.id)
    }

    /// Nil for an id outside our range.
    private func key(_ ackID: String, from side: Side) -> Key? {
        guard let id = UInt32(ackID), (Self.firstID...Self.lastID).contains(id) else { return nil }
        return Key(side: side, id: id)
    }
}
