import NIOCore
import SiphonCore
import SocketIOCore

/// The events that wait for their acks, by namespace and id, and when each of them has waited long enough.
struct AckTable {
    struct Key: Hashable {
        let namespace: String
        let id: Int

        init(namespace: String, id: Int) {
            self.namespace = namespace
            self.id = id
        }

        /// What an ack answers; nil for a packet that is none, or whose id is none of ours.
        init?(of packet: SocketPacket) {
            guard packet.kind.isAck, let id = packet.ackID.flatMap({ Int($0) }), id >= 0 else { return nil }
            self.init(namespace: packet.namespace, id: id)
        }
    }

    private struct Entry {
        let request: AckRequest
        /// Whether the event has left: then its ack ends with the connection.
        var isSent: Bool
    }

    private var entries: [Key: Entry] = [:]
    private(set) var deadlines = DeadlineHeap<Key>()

    var count: Int { entries.count }

    mutating func insert(_ request: AckRequest, as key: Key, isSent: Bool) {
        request.key = key
        entries[key] = Entry(request: request, isSent: isSent)
        guard let deadline = request.deadline else { return }
        deadlines.insert(key, at: deadline)
        forgetAnswered()
    }

    func contains(_ key: Key) -> Bool { entries[key] != nil }

    mutating func markSent(_ key: Key) { entries[key]?.isSent = true }

    /// Who waits for that ack; nil for one that nobody waits for, or not any more.
    mutating func remove(_ key: Key) -> AckRequest? { entries.removeValue(forKey: key)?.request }

    /// Forgets who does not want to know any more.
    mutating func remove(_ request: AckRequest) {
        if let key = request.key, entries[key]?.request === request { entries[key] = nil }
    }

    /// Those whose events have left, of one namespace or of all.
    mutating func removeSent(of namespace: String?) -> [AckRequest] {
        let keys = entries.filter { $0.value.isSent && (namespace == nil || $0.key.namespace == namespace) }.keys
        return keys.sorted { $0.id < $1.id }.compactMap { remove($0) }
    }

    mutating func removeAll() -> [AckRequest] {
        defer {
            entries = [:]
            deadlines.removeAll()
        }
        return entries.sorted { $0.key.id < $1.key.id }.map(\.value.request)
    }

    var nextDeadline: NIODeadline? { deadlines.first?.deadline }

    /// The next whose time is over at `now`; nil for none.
    mutating func popExpired(at now: NIODeadline) -> (key: Key, request: AckRequest)? {
        while let first = deadlines.first, first.deadline <= now {
            deadlines.removeFirst()
            guard entries[first.key]?.request.deadline == first.deadline, let request = remove(first.key) else {
                continue
            }
            return (first.key, request)
        }
        return nil
    }

    /// Deadlines stay behind where acks came in time: they go once they are most of them.
    private mutating func forgetAnswered() {
        guard deadlines.count > 64, deadlines.count > 2 * entries.count else { return }
        deadlines.removeAll()
        for (key, entry) in entries {
            if let deadline = entry.request.deadline { deadlines.insert(key, at: deadline) }
        }
    }
}
