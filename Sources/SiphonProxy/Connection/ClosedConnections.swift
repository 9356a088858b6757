import NIOCore
import SiphonCore

/// The last connections that ended, as they were at their end: so many, and of so many bytes, the oldest out first.
struct ClosedConnections {
    private let countLimit: Int
    private let bytesLimit: Int
    private var entries = CircularBuffer<ConnectionSnapshot>()
    private var bytes = 0

    init(countLimit: Int, bytesLimit: Int) {
        self.countLimit = countLimit
        self.bytesLimit = bytesLimit
    }

    var snapshots: CircularBuffer<ConnectionSnapshot> { entries }

    subscript(id: ConnectionID) -> ConnectionSnapshot? { entries.first { $0.id == id } }

    mutating func append(_ snapshot: ConnectionSnapshot) {
        entries.append(snapshot)
        bytes += Self.cost(of: snapshot)
        while entries.count > countLimit || bytes > bytesLimit, let oldest = entries.popFirst() {
            bytes -= Self.cost(of: oldest)
        }
    }

    /// What a client can make large.
    private static func cost(of snapshot: ConnectionSnapshot) -> Int {
        var bytes = 512 + snapshot.handshakeTarget.utf8.count + (snapshot.closeReason?.utf8.count ?? 0)
        for (name, value) in snapshot.handshakeHeaders { bytes += 32 + name.utf8.count + value.utf8.count }
        for namespace in snapshot.namespaces {
            bytes += 64 + namespace.name.utf8.count + (namespace.sid?.utf8.count ?? 0)
        }
        return bytes
    }
}
