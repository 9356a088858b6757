import EngineIOCore
import EngineIOTransport
import NIOCore
import NIOHTTP1
import SiphonCore
import SocketIOCore

/// The chat's side of all connections: which request is whose, and what the chat wants done. On one event loop.
final class DemoApp: RequestRouter {
    static let enginePath = "/socket.io/"

    let limits: Limits
    let loop: TransportLoop
    private var chat = DemoChat()
    private var connections: [DemoMemberID: DemoConnection] = [:]
    private var sessions: [String: DemoConnection] = [:]
    private var lastMember = 0
    private var statistics: RepeatedTask?

    init(eventLoop: any EventLoop) {
        var limits = Limits()
        limits.messageBytes = 1_000_000
        self.limits = limits
        loop = TransportLoop(eventLoop: eventLoop, limits: limits)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let interval = TimeAmount(DemoChat.statisticsInterval)
        statistics = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let app = bound.value
            app.carryOut(app.chat.statistics())
        }
    }

    func tell(inspector: String) { chat.inspector = inspector }

    func stop() {
        statistics?.cancel()
        for connection in connections.values { connection.close() }
    }

    // MARK: Requests

    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
        guard let request = EngineRequest(target: head.uri, enginePath: Self.enginePath) else {
            return FileAnswer(head, client: client)
        }
        guard request.version == EngineVersion.four.parameter else {
            return FixedAnswer(refusal: .unsupportedVersion, for: head, client: client)
        }
        guard let sid = request.sid else { return openingReceiver(head, request, client) }
        guard let connection = sessions[sid] else {
            return FixedAnswer(refusal: .unknownSession, for: head, client: client)
        }
        return SessionRequest.receiver(
            for: head, request, of: connection, exchange: loop.nextExchange(), client: client)
            ?? FixedAnswer(.methodNotAllowed, text: "", client: client)
    }

    private func openingReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ client: ClientHandler
    ) -> any RequestReceiver {
        guard let transport = EngineTransport(rawValue: request.transport ?? "") else {
            return FixedAnswer(refusal: .unknownTransport, for: head, client: client)
        }
        guard head.method == .GET else {
            return FixedAnswer(refusal: .badHandshakeMethod, for: head, client: client)
        }
        guard transport == .polling || head.webSocketKey != nil else {
            return FixedAnswer(refusal: .badRequest, for: head, client: client)
        }
        let opening = Opening(
            client: client, exchange: loop.nextExchange(), transport: transport,
            webSocketKey: transport == .webSocket ? head.webSocketKey : nil)
        return OpeningRequest(opening, app: self)
    }

    // MARK: Connections

    /// The session id is random enough not to be guessed.
    func open(_ opening: Opening) -> DemoConnection {
        lastMember += 1
        let id = DemoMemberID(lastMember)
        let sid = SessionID.random()
        let connection = DemoConnection(id: id, sid: sid, app: self)
        connections[id] = connection
        sessions[sid] = connection
        connection.open(opening)
        carryOut(chat.connect(id))
        return connection
    }

    func receive(_ packet: SocketPacket, from id: DemoMemberID) {
        carryOut(chat.receive(packet, from: id, at: Int(loop.clock.now().wall / 1_000_000)))
    }

    func ended(_ connection: DemoConnection) {
        guard connections.removeValue(forKey: connection.id) != nil else { return }
        sessions[connection.sid] = nil
        carryOut(chat.disconnect(connection.id))
    }

    private func carryOut(_ effects: [DemoEffect]) {
        for effect in effects {
            switch effect {
            case .send(let packet, let members): for id in members { connections[id]?.send(packet) }
            case .close(let id): connections[id]?.close()
            }
        }
    }
}
