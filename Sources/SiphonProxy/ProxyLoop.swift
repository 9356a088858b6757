import EngineIOTransport
import EngineIOCore
import Logging
import NIOCore
import NIOPosix
import SiphonCore

/// Everything that one event loop has: its connections, its recorder and the way from a request to what takes it.
/// Never touched from another thread.
final class ProxyLoop {
    /// How long records may wait before they are handed to the capture.
    private static let recordingTime = TimeAmount.milliseconds(10)

    let transport: TransportLoop
    let configuration: ProxyConfiguration
    let headers: HeaderMapping
    let dialer: Dialer
    let recorder: any EventRecorder
    let log: Logger
    private let shared: ProxyShared

    private var connections: [ConnectionID: any ProxiedConnection] = [:]
    private var sessions: [String: SocketIOConnection] = [:]
    private var closed: ClosedConnections
    private var isFlushScheduled = false

    init(eventLoop: any EventLoop, shared: ProxyShared, recorder: any EventRecorder, clock: LoopClock = .system) {
        self.shared = shared
        self.recorder = recorder
        configuration = shared.configuration
        transport = TransportLoop(eventLoop: eventLoop, limits: shared.configuration.limits, clock: clock)
        headers = HeaderMapping(configuration: shared.configuration)
        dialer = shared.dialer
        log = shared.log
        closed = ClosedConnections(
            countLimit: configuration.limits.closedConnectionsKept / configuration.threads,
            bytesLimit: configuration.limits.closedConnectionsBytes / configuration.threads)
    }

    var eventLoop: any EventLoop { transport.eventLoop }
    var clock: LoopClock { transport.clock }
    var limits: Limits { configuration.limits }

    var chain: MiddlewareChain { shared.chain }

    var mirrorsTransport: Bool {
        if case .mirror = configuration.upstreamTransport { true } else { false }
    }

    func upstreamTransport(for client: EngineTransport) -> EngineTransport {
        switch configuration.upstreamTransport {
        case .mirror: client
        case .always(let transport): transport
        }
    }

    // MARK: Connections

    /// Gives an opened session its id: the upstream's own, so that what the app knows of ids stays true, unless
    /// another connection has it already.
    ///
    /// - Parameter messageBytesLimit: the largest polling body of the session, in bytes.
    func register(_ connection: SocketIOConnection, upstreamSID: String, messageBytesLimit: Int) -> String {
        let sid = shared.claim(
            sid: upstreamSID, for: SessionHome(eventLoop: eventLoop, messageBytesLimit: messageBytesLimit))
        sessions[sid] = connection
        return sid
    }

    func session(_ sid: String) -> SocketIOConnection? { sessions[sid] }

    /// Where a session lives that another event loop has; nil for one of this loop, and for none.
    func home(of sid: String) -> SessionHome? {
        shared.home(of: sid).flatMap { $0.eventLoop === eventLoop ? nil : $0 }
    }

    func loop(of home: SessionHome) -> NIOLoopBound<ProxyLoop>? { shared.loop(of: home.eventLoop) }

    func countRequest() { shared.countRequest() }

    func add(_ connection: any ProxiedConnection) { connections[connection.id] = connection }

    /// Makes a connection's number and counts it; nil where there are as many as allowed.
    func admit() -> ConnectionID? { shared.admit() }

    /// The connection is over for those who watch, though its last answers may still be under way.
    func connectionClosed(_ connection: any ProxiedConnection) {
        closed.append(connection.snapshot(withHeaders: true))
        shared.noteClosed()
    }

    /// Nothing of the connection is left: its place is free.
    func remove(_ connection: any ProxiedConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        if shared.release() { scheduleMemoryReturn() }
        guard let session = connection as? SocketIOConnection, let sid = session.sid else { return }
        sessions[sid] = nil
        shared.unclaim(sid: sid)
    }

    /// Not at once: who left takes others along, and what a connection held is freed behind it.
    private func scheduleMemoryReturn() {
        eventLoop.scheduleTask(in: .seconds(1)) { [shared] in
            NIOSingletons.posixBlockingThreadPool.submit { _ in shared.giveMemoryBack() }
        }
    }

    func snapshots() -> [ConnectionSnapshot] {
        closed.snapshots + connections.values.filter { !$0.isClosed }.map { $0.snapshot(withHeaders: false) }
    }

    func snapshot(_ id: ConnectionID) -> ConnectionSnapshot? {
        if let connection = connections[id], !connection.isClosed { return connection.snapshot(withHeaders: true) }
        return closed[id]
    }

    func connection(_ id: ConnectionID) throws(ControlError) -> any ProxiedConnection {
        if let connection = connections[id], !connection.isClosed { return connection }
        throw closed[id] != nil ? .connectionClosed : .noSuchConnection
    }

    func has(_ id: ConnectionID) -> Bool { connections[id] != nil || closed[id] != nil }

    /// Ends every connection in good order.
    func shutDown() {
        for connection in connections.values { connection.disconnect(abruptly: false, reason: "Siphon is stopping") }
    }

    var isEmpty: Bool { connections.isEmpty }

    // MARK: Recording

    func scheduleRecorderFlush() {
        guard !isFlushScheduled, recorder.hasRecords else { return }
        isFlushScheduled = true
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: Self.recordingTime) {
            bound.value.isFlushScheduled = false
            bound.value.recorder.flush()
        }
    }

    @discardableResult
    func flushRecorder() -> EventID? { recorder.flush() }
}
