import NIOConcurrencyHelpers
import SiphonCore

/// Looks at the proxy's connections while somebody watches and tells which have changed. One look serves all viewers.
final class ConnectionFeed: Sendable {
    /// A connection as it is now, as JSON.
    struct Change: Sendable {
        let id: ConnectionID
        let json: [UInt8]
    }

    /// Connections that are told of after one look; the others wait for the next.
    static let changesPerLook = 500

    private struct State {
        var watchers: [UInt64: @Sendable ([Change]) -> Void] = [:]
        var nextWatcher: UInt64 = 0
        var task: Task<Void, Never>?
    }

    private let control: any ProxyControl
    private let interval: Duration
    private let state = NIOLockedValueBox(State())

    init(control: any ProxyControl, interval: Duration) {
        self.control = control
        self.interval = interval
    }

    /// Calls `body` with what differs from how it is now, until `unwatch`. Something older may be told once more.
    func watch(_ body: @escaping @Sendable ([Change]) -> Void) async -> UInt64 {
        let now = await control.connections()
        return state.withLockedValue { state in
            defer { state.nextWatcher += 1 }
            state.watchers[state.nextWatcher] = body
            if state.task == nil { state.task = Task { await self.look(since: now) } }
            return state.nextWatcher
        }
    }

    func unwatch(_ number: UInt64) {
        state.withLockedValue { state in
            state.watchers[number] = nil
            guard state.watchers.isEmpty else { return }
            state.task?.cancel()
            state.task = nil
        }
    }

    private func look(since start: [ConnectionSnapshot]) async {
        var differences = ConnectionDifferences(limit: Self.changesPerLook)
        _ = differences.changes(in: start)
        let clock = ContinuousClock()
        var pause = interval
        while (try? await Task.sleep(for: pause)) != nil {
            let duration = await clock.measure {
                let changes = differences.changes(in: await control.connections())
                guard !changes.isEmpty, !Task.isCancelled else { return }
                let told = changes.map { Change(id: $0.id, json: $0.json) }
                for watcher in state.withLockedValue({ Array($0.watchers.values) }) { watcher(told) }
            }
            pause = max(interval, duration * 20)  // with very many connections, at most a twentieth of a processor
        }
    }
}
