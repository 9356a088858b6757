import NIOCore

/// The promises of those that wait for something, in their order; each can be given up by its number. Guarded by the
/// lock of whoever has them: what is taken out is completed outside of it.
struct PromiseList<Value: Sendable> {
    private var waiting = CircularBuffer<(id: Int, promise: EventLoopPromise<Value>)>()
    private var lastID = 0

    var isEmpty: Bool { waiting.isEmpty }

    /// - Returns: the number to give up by.
    mutating func add(_ promise: EventLoopPromise<Value>) -> Int {
        lastID += 1
        waiting.append((lastID, promise))
        return lastID
    }

    mutating func takeFirst() -> EventLoopPromise<Value>? { waiting.popFirst()?.promise }

    mutating func takeAll() -> [EventLoopPromise<Value>] {
        defer { waiting = [] }
        return waiting.map(\.promise)
    }

    /// Nil where it has been taken out before.
    mutating func take(_ id: Int) -> EventLoopPromise<Value>? {
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return nil }
        return waiting.remove(at: index).promise
    }
}

extension EventLoopFuture where Value: Sendable {
    /// Waits for the value. `giveUp` has to fail the promise, unless that is completed: it is called with `late` at the
    /// deadline, and with a `CancellationError` where the task is cancelled.
    func get(
        until deadline: NIODeadline?, else late: @autoclosure @escaping @Sendable () -> SocketIOClientError,
        giveUp: @escaping @Sendable (any Error) -> Void
    ) async throws -> Value {
        let timer = deadline.map { eventLoop.scheduleTask(deadline: $0) { giveUp(late()) } }
        defer { timer?.cancel() }
        return try await withTaskCancellationHandler {
            try await get()
        } onCancel: {
            giveUp(CancellationError())
        }
    }
}
