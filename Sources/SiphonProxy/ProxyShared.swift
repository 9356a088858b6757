import EngineIOTransport
import Logging
import NIOConcurrencyHelpers
import NIOCore
import SiphonCore

/// What all event loops share. Each lock is held for a few instructions.
final class ProxyShared: Sendable {
    private struct Counts {
        var lastConnection: UInt64 = 0
        /// Those that the inspector shows as open.
        var openConnections = 0
        /// Those that hold something: the open ones and those whose last answers are under way.
        var places = 0
        var httpRequests = 0
        var freedMemory = FreedMemory()
    }

    let configuration: ProxyConfiguration
    let dialer: Dialer
    let log: Logger
    let chain: MiddlewareChain
    let shortage: DescriptorShortage
    private let counts = NIOLockedValueBox(Counts())
    /// Which loop each session lives on.
    private let sessions = NIOLockedValueBox<[String: SessionHome]>([:])
    private let loops = NIOLockedValueBox<[ObjectIdentifier: NIOLoopBound<ProxyLoop>]>([:])

    init(configuration: ProxyConfiguration, chain: MiddlewareChain, log: Logger) {
        self.configuration = configuration
        self.log = log
        let shortage = DescriptorShortage(log: log)
        self.shortage = shortage
        dialer = Dialer(
            host: configuration.upstream.host, port: configuration.upstream.port,
            timeout: configuration.limits.upstreamHandshake, onShortage: { shortage.note(at: .now()) })
        self.chain = chain
    }

    func admit() -> ConnectionID? {
        counts.withLockedValue { counts in
            guard counts.places < configuration.limits.connections else { return nil }
            counts.places += 1
            counts.freedMemory.note(connections: counts.places)
            counts.openConnections += 1
            counts.lastConnection += 1
            return ConnectionID(counts.lastConnection)
        }
    }

    /// The connection is over for those who watch.
    func noteClosed() { counts.withLockedValue { $0.openConnections -= 1 } }

    /// The connection's place is free for another. Returns whether there is memory to give back.
    func release() -> Bool {
        counts.withLockedValue { counts in
            counts.places -= 1
            return counts.freedMemory.shouldReturn(connections: counts.places)
        }
    }

    /// Blocks.
    func giveMemoryBack() {
        FreedMemory.giveBack()
        counts.withLockedValue { $0.freedMemory.returned(connections: $0.places) }
    }

    func countRequest() { counts.withLockedValue { $0.httpRequests += 1 } }

    var openConnections: Int { counts.withLockedValue { $0.openConnections } }
    var httpRequests: Int { counts.withLockedValue { $0.httpRequests } }

    /// Takes `sid` for a session, or another one where it is taken or could not stand in a query.
    func claim(sid: String, for home: SessionHome) -> String {
        sessions.withLockedValue { sessions in
            var free = sid
            while sessions[free] != nil || !free.utf8.allSatisfy(\.isUnreserved) {
                free = SessionID.random()
            }
            sessions[free] = home
            return free
        }
    }

    /// The loop of that event loop; nil before all are made.
    func loop(of eventLoop: any EventLoop) -> NIOLoopBound<ProxyLoop>? {
        loops.withLockedValue { $0[ObjectIdentifier(eventLoop)] }
    }

    func setLoops(_ all: [NIOLoopBound<ProxyLoop>]) {
        loops.withLockedValue {
            $0 = Dictionary(uniqueKeysWithValues: all.map { (ObjectIdentifier($0.eventLoop), $0) })
        }
    }

    func unclaim(sid: String) { sessions.withLockedValue { $0[sid] = nil } }

    func home(of sid: String) -> SessionHome? { sessions.withLockedValue { $0[sid] } }
}
