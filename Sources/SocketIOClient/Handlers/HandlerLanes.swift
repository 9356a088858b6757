import NIOConcurrencyHelpers
import NIOCore

/// Runs handlers: those of one namespace one after the other, in the order in which their events
/// came; those of different namespaces side by side.
final class HandlerLanes: Sendable {
    /// Whether this runs in a handler, or in what one has started: it must not wait for its own lane.
    @TaskLocal static var isInHandler = false

    enum Item: Sendable {
        case delivery(Delivery)
        /// A callback of `emit` with its ack.
        case callback(@Sendable () async -> Void)
        /// Everything before it has been done.
        case barrier(@Sendable () -> Void)
    }

    /// Callbacks do not wait for handlers: a handler may wait for one.
    struct Name: Hashable, Sendable {
        let namespace: String
        var isOfCallbacks = false
    }

    fileprivate struct State {
        /// What waits in each lane that has something to do.
        var lanes: [Name: [Item]] = [:]
        /// Of what waits and of what is being done.
        var bytes = 0
    }

    private let state = NIOLockedValueBox(State())
    private let limitBytes: Int
    private let executor: any TaskExecutor
    private let dispatch: @Sendable (Delivery) async -> Void
    private let onRoom: @Sendable () -> Void

    /// - Parameters:
    ///   - limitBytes: from so much on `isFull`.
    ///   - onRoom: called on any thread once half of it is done.
    init(
        limitBytes: Int, executor: any TaskExecutor, dispatch: @escaping @Sendable (Delivery) async -> Void,
        onRoom: @escaping @Sendable () -> Void
    ) {
        self.limitBytes = limitBytes
        self.executor = executor
        self.dispatch = dispatch
        self.onRoom = onRoom
    }

    /// What waits for handlers or is with them.
    var bytes: Int { state.withLockedValue { $0.bytes } }

    func push(_ item: Item, to name: Name) {
        let starts = state.withLockedValue { state in
            state.bytes += item.cost
            return state.add(item, to: name)
        }
        guard starts else { return }
        Task(executorPreference: executor) { await Self.$isInHandler.withValue(true) { await self.run(name) } }
    }

    /// Succeeds once all has been done that waits in the lanes of those namespaces when it is called.
    typealias Drain = @Sendable (_ namespaces: [String]) -> EventLoopFuture<Void>

    /// Waits for handlers, but no longer than `timeout`, and not at all for who asks for it in a handler.
    func drain(within timeout: TimeAmount, on eventLoop: any EventLoop) -> Drain {
        guard !Self.isInHandler else { return { _ in eventLoop.makeSucceededVoidFuture() } }
        return { self.drained($0, within: timeout, on: eventLoop) }
    }

    private func drained(
        _ namespaces: [String], within timeout: TimeAmount, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        let lanes = namespaces.map { namespace in
            let promise = eventLoop.makePromise(of: Void.self)
            push(.barrier { promise.succeed() }, to: Name(namespace: namespace))
            return promise.futureResult
        }
        let done = eventLoop.makePromise(of: Void.self)
        EventLoopFuture.andAllComplete(lanes, on: eventLoop).cascade(to: done)
        let timer = eventLoop.scheduleTask(in: timeout) { done.succeed() }
        return done.futureResult.always { _ in timer.cancel() }
    }

    private func run(_ name: Name) async {
        var done = 0
        while let items = next(of: name, done: done) {
            done = 0
            for item in items {
                switch item {
                case .delivery(let delivery): await dispatch(delivery)
                case .callback(let callback): await callback()
                case .barrier(let reached):
                    free(&done)
                    reached()
                }
                done += item.cost
                if items.count > 1, done >= limitBytes / 4 { free(&done) }
            }
        }
    }

    /// All that waits in a lane; nil for nothing: then the lane has ended.
    ///
    /// - Parameter done: the cost of what has been done since.
    private func next(of name: Name, done: Int) -> [Item]? {
        let (items, hasRoom) = state.withLockedValue { state in
            let hasRoom = state.free(done, limitBytes: limitBytes)
            return (state.take(from: name), hasRoom)
        }
        if hasRoom { onRoom() }
        return items
    }

    private func free(_ done: inout Int) {
        let hasRoom = state.withLockedValue { $0.free(done, limitBytes: limitBytes) }
        done = 0
        if hasRoom { onRoom() }
    }
}

extension HandlerLanes.State {
    /// Whether the lane begins with it.
    fileprivate mutating func add(_ item: HandlerLanes.Item, to name: HandlerLanes.Name) -> Bool {
        guard let index = lanes.index(forKey: name) else {
            lanes[name] = [item]
            return true
        }
        lanes.values[index].append(item)
        return false
    }

    /// A lane whose items were taken stays, empty, until it is asked for more and has none: nobody else begins with it.
    fileprivate mutating func take(from name: HandlerLanes.Name) -> [HandlerLanes.Item]? {
        guard let index = lanes.index(forKey: name) else { return nil }
        let items = lanes.values[index]
        guard !items.isEmpty else {
            lanes.remove(at: index)
            return nil
        }
        lanes.values[index] = []
        return items
    }

    /// Whether there is room again where there was none.
    fileprivate mutating func free(_ done: Int, limitBytes: Int) -> Bool {
        let before = bytes
        bytes -= done
        return before >= limitBytes / 2 && bytes < limitBytes / 2
    }
}

extension HandlerLanes.Item {
    /// What an item costs besides its bytes.
    private static let overheadBytes = 512

    fileprivate var cost: Int {
        switch self {
        case .delivery(let delivery): delivery.sizeBytes + Self.overheadBytes
        case .callback: Self.overheadBytes
        case .barrier: 0
        }
    }
}
