import NIOConcurrencyHelpers
import NIOCore
import SocketIOCore

/// Runs handlers off the event loop: those of one namespace one after the other, in the order in which their events
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

    private struct State {
        /// Those that have something to do.
        var lanes: [Name: CircularBuffer<Item>] = [:]
        var bytes = 0
    }

    private let state = NIOLockedValueBox(State())
    private let limitBytes: Int
    private let dispatch: @Sendable (Delivery) async -> Void
    private let onRoom: @Sendable () -> Void

    /// - Parameters:
    ///   - limitBytes: from so much on `isFull`.
    ///   - onRoom: called on any thread once half of it is done.
    init(
        limitBytes: Int, dispatch: @escaping @Sendable (Delivery) async -> Void, onRoom: @escaping @Sendable () -> Void
    ) {
        self.limitBytes = limitBytes
        self.dispatch = dispatch
        self.onRoom = onRoom
    }

    /// What waits for handlers or is with them.
    var bytes: Int { state.withLockedValue { $0.bytes } }

    var isFull: Bool { bytes >= limitBytes }

    func push(_ item: Item, to name: Name) {
        let starts = state.withLockedValue { state in
            state.bytes += item.cost
            guard state.lanes[name] == nil else {
                state.lanes[name]?.append(item)
                return false
            }
            state.lanes[name] = [item]
            return true
        }
        guard starts else { return }
        Task { await Self.$isInHandler.withValue(true) { await self.run(name) } }
    }

    /// Returns once all has been done that waits in that lane now, or `timeout` is over. At once in a handler.
    func drain(_ namespaces: [String], within timeout: TimeAmount, on eventLoop: any EventLoop) async {
        guard !Self.isInHandler else { return }
        for namespace in namespaces {
            let promise = eventLoop.makePromise(of: Void.self)
            push(.barrier { promise.succeed() }, to: Name(namespace: namespace))
            let timer = eventLoop.scheduleTask(in: timeout) { promise.succeed() }
            try? await promise.futureResult.get()
            timer.cancel()
        }
    }

    private func run(_ name: Name) async {
        while let item = first(of: name) {
            switch item {
            case .delivery(let delivery): await dispatch(delivery)
            case .callback(let callback): await callback()
            case .barrier(let reached): reached()
            }
            removeFirst(of: name)
        }
    }

    /// It stays in its lane while it is being done, so that nobody else begins.
    private func first(of name: Name) -> Item? {
        state.withLockedValue { state in
            if let item = state.lanes[name]?.first { return item }
            state.lanes[name] = nil
            return nil
        }
    }

    private func removeFirst(of name: Name) {
        let hasRoom = state.withLockedValue { state in
            guard let item = state.lanes[name]?.popFirst() else { return false }
            let before = state.bytes
            state.bytes -= item.cost
            return before >= limitBytes / 2 && state.bytes < limitBytes / 2
        }
        if hasRoom { onRoom() }
    }
}

extension HandlerLanes.Item {
    /// What an item costs besides its bytes.
    private static let overheadBytes = 512

    fileprivate var cost: Int {
        guard case .delivery(let delivery) = self, case .event(let packet) = delivery.kind else {
            return Self.overheadBytes
        }
        return packet.sizeBytes + Self.overheadBytes
    }
}
