package import NIOCore

/// An injected event whose ack is waited for.
package struct PendingInjection: Hashable, Sendable {
    /// The receiver of the event, who sends the ack.
    package let to: Side
    package let namespace: String
    package let ackID: String
    package let sentAt: NIODeadline
}

/// Gives injected events ack ids that no peer uses, and tells their acks from all others.
///
/// Ids come from 0x4000_0000 up, which the counters of real peers, starting at 0 or 1, do not reach, and which fit the
/// 32-bit ids of some clients. Should a peer use such a number all the same, it is passed over.
struct InjectionTable {
    enum Match: Equatable {
        /// An ack between the peers.
        case foreign
        case answers(PendingInjection)
        /// An ack for an injected event that nobody waits for any more.
        case stale
    }

    private struct Key: Hashable {
        let side: Side
        let namespace: String
        let id: UInt32
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
    /// How many digits every id in that range has, so that a look at the length rules out nearly all others.
    static let digits = 10
    /// Ids in our range that a peer used itself and that are not acknowledged yet: most that are remembered.
    static let foreignLimit = 10_000

    private let limit: Int
    private var fromClient = Counter()
    private var fromUpstream = Counter()
    private var pending: [Key: PendingInjection] = [:]
    /// Keyed by the side that will send the ack.
    private var foreign: Set<Key> = []

    init(limit: Int) { self.limit = limit }

    mutating func reserve(_ injection: Injection, at now: NIODeadline) throws(ControlError) -> PendingInjection {
        guard pending.count < limit else { throw .tooManyPending }
        var key: Key
        repeat {
            key = Key(side: injection.to, namespace: injection.namespace, id: nextID(from: injection.to))
        } while foreign.contains(key) || pending[key] != nil
        let reserved = PendingInjection(
            to: injection.to, namespace: injection.namespace, ackID: String(key.id), sentAt: now)
        pending[key] = reserved
        return reserved
    }

    private mutating func nextID(from side: Side) -> UInt32 {
        switch side {
        case .client: fromClient.advance()
        case .upstream: fromUpstream.advance()
        }
    }

    mutating func giveUp(_ injection: PendingInjection) {
        guard let key = key(injection.ackID, injection.namespace, from: injection.to) else { return }
        pending[key] = nil
    }

    mutating func forget(namespace: String) {
        foreign = foreign.filter { $0.namespace != namespace }
    }

    /// A peer sent an event with an ack id of its own; the other side will acknowledge it.
    mutating func noteForeign(ackID: String, namespace: String, from side: Side) {
        guard foreign.count < Self.foreignLimit, let key = key(ackID, namespace, from: side.other) else { return }
        foreign.insert(key)
    }

    mutating func take(ackID: String, namespace: String, from side: Side) -> Match {
        guard let key = key(ackID, namespace, from: side) else { return .foreign }
        if let injection = pending.removeValue(forKey: key) { return .answers(injection) }
        let counter = side == .client ? fromClient : fromUpstream
        return foreign.remove(key) != nil || !counter.hasGiven(key.id) ? .foreign : .stale
    }

    /// Nil for an id outside our range.
    private func key(_ ackID: String, _ namespace: String, from side: Side) -> Key? {
        guard let id = UInt32(ackID), (Self.firstID...Self.lastID).contains(id) else { return nil }
        return Key(side: side, namespace: namespace, id: id)
    }
}
