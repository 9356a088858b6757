import NIOCore

/// Those that wait for the end of a connection, or for a namespace to be joined. On the connection's event loop. What
/// is taken out is completed by the caller, since those that waited may come back at once.
struct ConnectionWaiters {
    private var forEnd: [(id: Int, promise: EventLoopPromise<Void>)] = []
    private var forJoin: [(id: Int, namespace: String, promise: EventLoopPromise<Bool>)] = []

    /// - Parameter id: to give up by; 0 for who does not.
    mutating func waitForEnd(_ id: Int, _ promise: EventLoopPromise<Void>) { forEnd.append((id, promise)) }

    mutating func waitForJoin(of namespace: String, _ id: Int, _ promise: EventLoopPromise<Bool>) {
        forJoin.append((id, namespace, promise))
    }

    mutating func takeForEnd() -> [EventLoopPromise<Void>] {
        defer { forEnd = [] }
        return forEnd.map(\.promise)
    }

    /// Those for whose namespace it is clear whether it is joined; `isJoined` returns nil as long as it is not.
    mutating func takeForJoin(
        _ isJoined: (_ namespace: String) -> Bool?
    ) -> [(promise: EventLoopPromise<Bool>, isJoined: Bool)] {
        guard !forJoin.isEmpty else { return [] }
        var settled: [(EventLoopPromise<Bool>, Bool)] = []
        forJoin.removeAll { each in
            guard let isJoined = isJoined(each.namespace) else { return false }
            settled.append((each.promise, isJoined))
            return true
        }
        return settled
    }

    /// What waits by that id.
    mutating func take(_ id: Int) -> (forEnd: [EventLoopPromise<Void>], forJoin: [EventLoopPromise<Bool>]) {
        defer {
            forEnd.removeAll { $0.id == id }
            forJoin.removeAll { $0.id == id }
        }
        return (forEnd.filter { $0.id == id }.map(\.promise), forJoin.filter { $0.id == id }.map(\.promise))
    }
}
