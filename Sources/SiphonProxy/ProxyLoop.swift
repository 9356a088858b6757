import EngineIOCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import SiphonCore
import WebSocketCodec

/// Everything that one event loop has: its connections, its recorder and the way from a request to what takes it.
/// Never touched from another thread.
final class ProxyLoop {
    /// Bytes waiting to be written to one socket: above the high mark the other hop is not read, until the low mark.
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 128 * 1024, high: 512 * 1024)
    /// How long records may wait before they are handed to the capture.
    private static let recordingTime = TimeAmount.milliseconds(10)

    let eventLoop: any EventLoop
    let configuration: ProxyConfiguration
    let headers: HeaderMapping
    let dialer: UpstreamDialer
    let recorder: any EventRecorder
    let clock: LoopClock
    let masks = MaskKeys()
    let log: Logger
    private let shared: ProxyShared

    private var connections: [ConnectionID: any ProxiedConnection] = [:]
    private var sessions: [String: SocketIOConnection] = [:]
    private var closed = CircularBuffer<ConnectionSnapshot>()
    private var exchangeCount: UInt64 = 0
    private var isFlushScheduled = false

    init(eventLoop: any EventLoop, shared: ProxyShared, recorder: any EventRecorder, clock: LoopClock = .system) {
        self.eventLoop = eventLoop
        self.shared = shared
        self.recorder = recorder
        self.clock = clock
        configuration = shared.configuration
        headers = HeaderMapping(configuration: shared.configuration)
        dialer = shared.dialer
        log = shared.log
    }

    var limits: Limits { configuration.limits }

    /// The chain as it is now. Taken once per burst.
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

    func nextExchange() -> ExchangeID {
        exchangeCount += 1
        return ExchangeID(number: exchangeCount)
    }

    // MARK: Connections

    /// Gives an opened session its id: the upstream's own, so that what the app knows of ids stays true, unless
    /// another connection has it already.
    func register(_ connection: SocketIOConnection, upstreamSID: String) -> String {
        let sid = shared.claim(sid: upstreamSID, for: eventLoop)
        sessions[sid] = connection
        return sid
    }

    func session(_ sid: String) -> SocketIOConnection? { sessions[sid] }

    func add(_ connection: any ProxiedConnection) { connections[connection.id] = connection }

    /// Makes a connection's number and counts it; nil where there are as many as allowed.
    func admit() -> ConnectionID? { shared.admit() }

    /// The connection is over for those who watch, though its last answers may still be under way.
    func connectionClosed(_ connection: any ProxiedConnection) {
        closed.append(connection.snapshot(withHeaders: true))
        if closed.count > limits.closedConnectionsKept { closed.removeFirst() }
        shared.release()
    }

    func remove(_ connection: any ProxiedConnection) {
        connections[connection.id] = nil
        guard let session = connection as? SocketIOConnection, let sid = session.sid else { return }
        sessions[sid] = nil
        shared.unclaim(sid: sid)
    }

    func snapshots() -> [ConnectionSnapshot] {
        closed + connections.values.filter { !$0.isClosed }.map { $0.snapshot(withHeaders: false) }
    }

    func snapshot(_ id: ConnectionID) -> ConnectionSnapshot? {
        if let connection = connections[id], !connection.isClosed { return connection.snapshot(withHeaders: true) }
        return closed.first { $0.id == id }
    }

    func connection(_ id: ConnectionID) throws(ControlError) -> any ProxiedConnection {
        if let connection = connections[id], !connection.isClosed { return connection }
        throw closed.contains { $0.id == id } ? .connectionClosed : .noSuchConnection
    }

    func has(_ id: ConnectionID) -> Bool { connections[id] != nil || closed.contains { $0.id == id } }

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

/// A connection as the inspector sees it, of whatever protocol.
protocol ProxiedConnection: AnyObject {
    var id: ConnectionID { get }
    var isClosed: Bool { get }
    func snapshot(withHeaders: Bool) -> ConnectionSnapshot
    func disconnect(abruptly: Bool, reason: String)
}

// MARK: - Requests

extension ProxyLoop: RequestRouter {
    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
        shared.countRequest()
        guard head.uri.hasPrefix("/") || head.uri == "*" else {
            return FixedAnswer(
                .forbidden, text: "Siphon is no forward proxy: requests go to its upstream alone, by their path.\n",
                client: client)
        }
        guard let request = EngineRequest(target: head.uri, enginePath: configuration.path) else {
            return PassingRequest(head, client: client, loop: self)
        }
        if let sid = request.sid {
            guard let session = sessions[sid] else {
                if let home = shared.home(of: sid), home !== eventLoop, let loop = shared.loop(of: home) {
                    return MovingRequest(head, client: client, to: loop, limits: limits)
                }
                return strangerReceiver(head, request, client)
            }
            return sessionReceiver(head, request, session, client)
        }
        return handshakeReceiver(head, request, client)
    }

    /// A handshake that opens a connection. Everything else without a session id goes to the upstream as it is, so
    /// that its own answer is what the client sees.
    private func handshakeReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ client: ClientHandler
    ) -> any RequestReceiver {
        guard head.method == .GET, request.version == EngineVersion.four.parameter,
            let transport = EngineTransport(rawValue: request.transport ?? "")
        else { return PassingRequest(head, client: client, loop: self) }
        if transport == .webSocket, head.webSocketKey == nil {
            guard head.asksForWebSocket else { return PassingRequest(head, client: client, loop: self) }
            return FixedAnswer(
                head.headers.first(name: "sec-websocket-version") == "13" ? .badRequest : .upgradeRequired,
                text: "This is no WebSocket handshake of version 13 (RFC 6455, section 4.2.1).\n",
                headers: ["Sec-WebSocket-Version": "13"], client: client)
        }
        guard let id = admit() else {
            return FixedAnswer(
                .serviceUnavailable, text: "Siphon: \(limits.connections) connections are open, no more are allowed.\n",
                client: client)
        }
        let moment = clock.now()
        let handshake = ClientHandshake(
            request: request, transport: transport, headers: head.headers, target: head.uri,
            clientAddress: client.address, webSocketKey: transport == .webSocket ? head.webSocketKey : nil)
        let connection = SocketIOConnection(id: id, handshake: handshake, loop: self, at: moment)
        add(connection)
        return EngineExchange(.handshake, nextExchange(), connection, client)
    }

    private func sessionReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ session: SocketIOConnection, _ client: ClientHandler
    ) -> any RequestReceiver {
        let exchange = nextExchange()
        switch (request.transport, head.method) {
        case ("websocket", _):
            guard head.method == .GET, let key = head.webSocketKey else {
                return FixedAnswer(refusal: .badRequest, client: client)
            }
            return EngineExchange(.webSocket(key), exchange, session, client)
        case ("polling", .GET): return EngineExchange(.poll, exchange, session, client)
        case ("polling", .POST):
            let type = head.headers.first(name: "content-type")
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            return EngineExchange(.post(contentType: type, contentLength: length), exchange, session, client)
        case ("polling", .OPTIONS): return PassingRequest(head, client: client, loop: self)
        case ("polling", _): return FixedAnswer(.methodNotAllowed, text: "", client: client)
        default: return FixedAnswer(refusal: .unknownTransport, client: client)
        }
    }

    /// A session id that is none of ours: a session that has ended, or, of another version, one that was never ours.
    private func strangerReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ client: ClientHandler
    ) -> any RequestReceiver {
        guard request.version == EngineVersion.four.parameter, head.method != .OPTIONS else {
            return PassingRequest(head, client: client, loop: self)
        }
        guard head.webSocketKey == nil else {
            return FixedAnswer(.badRequest, text: EngineRefusal.unknownSession.message, client: client)
        }
        return FixedAnswer(refusal: .unknownSession, client: client)
    }
}

extension HTTPRequestHead {
    var asksForWebSocket: Bool { headers.first(name: "upgrade")?.lowercased() == "websocket" }

    /// The key of a WebSocket handshake that is in order (RFC 6455, section 4.2.1); nil for any other request.
    var webSocketKey: String? {
        guard method == .GET, asksForWebSocket,
            headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }),
            headers.first(name: "sec-websocket-version") == "13",
            let key = headers.first(name: "sec-websocket-key"), WebSocketHandshake.isValidKey(key)
        else { return nil }
        return key
    }
}
