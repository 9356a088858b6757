import EngineIOCore
import SiphonCore

/// What was last told of each connection.
struct ConnectionDifferences {
    private let limit: Int
    private var told: [ConnectionID: Int] = [:]
    /// Where the last look stopped for its bound; the next goes on behind it, so that all have their turn.
    private var last: ConnectionID?
    private var isFirst = true

    init(limit: Int) { self.limit = limit }

    /// The connections that differ from when they were last told, at most `limit`. The first call tells of none.
    mutating func changes(in connections: [ConnectionSnapshot]) -> [ConnectionSnapshot] {
        let known = told
        told.removeAll(keepingCapacity: true)
        var changed: [ConnectionSnapshot] = []
        let start = last.flatMap { last in connections.firstIndex { $0.id > last } } ?? 0
        last = nil
        for connection in connections[start...] + connections[..<start] {
            let mark = Self.mark(of: connection)
            if isFirst || known[connection.id] == mark {
                told[connection.id] = mark
            } else if changed.count < limit {
                told[connection.id] = mark
                changed.append(connection)
                last = connection.id
            } else {
                told[connection.id] = known[connection.id]
            }
        }
        if changed.count < limit { last = nil }
        isFirst = false
        return changed
    }

    /// A hash of all that may change.
    private static func mark(of connection: ConnectionSnapshot) -> Int {
        var hasher = Hasher()
        hasher.combine(connection.closedAt)
        hasher.combine(connection.closeReason)
        hasher.combine(connection.clientTransport)
        hasher.combine(connection.upstreamTransport)
        hasher.combine(connection.upstreamSID)
        hasher.combine(connection.eventsFromClient)
        hasher.combine(connection.eventsFromUpstream)
        for namespace in connection.namespaces {
            hasher.combine(namespace.name)
            hasher.combine(namespace.sid)
        }
        return hasher.finalize()
    }
}
