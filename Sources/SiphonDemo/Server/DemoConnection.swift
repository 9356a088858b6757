import EngineIOCore
import EngineIOTransport
import NIOCore
import SiphonCore
import SocketIOCore
import WebSocketCodec

/// One client of the chat: its session, and the packets that come and go over it.
final class DemoConnection: ServingConnection, WebSocketOwner {
    let id: DemoMemberID
    let sid: String

    private unowned let app: DemoApp
    private let loop: TransportLoop
    private let hop: ServingHop
    private let timer: DeadlineTimer
    private var decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 1_000_000)
    private var isEnded = false
    private var isDraining = false

    init(id: DemoMemberID, sid: String, app: DemoApp) {
        self.id = id
        self.sid = sid
        self.app = app
        loop = app.loop
        hop = ServingHop(loop: loop)
        timer = DeadlineTimer(eventLoop: loop.eventLoop)
        timer.onDeadline = advance
    }

    func open(_ opening: Opening) {
        let upgrades = opening.transport == .polling ? ["websocket"] : []
        hop.open(
            EngineHandshake(sid: sid, upgrades: upgrades), for: opening, headers: SessionHeaders(), subprotocol: nil,
            owner: self, at: now)
        drain()
    }

    func send(_ packet: SocketPacket) {
        guard !isEnded else { return }
        for message in packet.messages { hop.send(message, at: now) }
        drain()
    }

    func close() {
        hop.close(.orderly, at: now)
        drain()
    }

    private var now: NIODeadline { loop.clock.now().monotonic }

    private func advance() {
        hop.advance(to: now)
        drain()
    }

    /// Does what the session says until it is silent.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        while let event = hop.nextEvent() {
            switch event {
            case .deliver(let message): receive(message)
            case .ended: end()
            case .opened, .refused, .failed, .heartbeat, .upgraded: break
            }
        }
        isDraining = false
        hop.flush()
        if let deadline = hop.nextDeadline { timer.require(deadline) }
        guard isEnded, hop.isFinished else { return }
        timer.cancel()
        hop.finish()
    }

    /// What is no Socket.IO ends the connection, as the reference servers do.
    private func receive(_ message: EngineMessage) {
        guard !isEnded else { return }
        do throws(SocketIOError) {
            if let packet = try decoder.receive(message) { app.receive(packet, from: id) }
        } catch {
            hop.close(.orderly, at: now)
        }
    }

    private func end() {
        guard !isEnded else { return }
        isEnded = true
        app.ended(self)
    }

    // MARK: Requests

    func receivePoll(_ exchange: ExchangeID, from client: ClientHandler) {
        hop.receivePoll(exchange, from: client, at: now)
        drain()
    }

    func beginPost(_ exchange: ExchangeID, contentType: String?, from client: ClientHandler) -> Bool {
        let isWanted = hop.beginPost(exchange, contentType: contentType, from: client, at: now)
        drain()
        return isWanted
    }

    var postBytesLimit: Int { hop.messageBytesLimit }

    func finishPost(_ exchange: ExchangeID, body: ByteBuffer?) {
        hop.finishPost(exchange, body: body, at: now)
        drain()
    }

    func openWebSocket(_ exchange: ExchangeID, key: String, subprotocols: [String], from client: ClientHandler) {
        hop.openWebSocket(
            exchange, key: key, subprotocol: subprotocols.first, client: client, owner: self, at: now)
        drain()
    }

    func abandon(_ exchange: ExchangeID) {
        hop.abandon(exchange, at: now)
        drain()
    }

    let mayReadFromClient = true

    // MARK: WebSocket

    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: consuming ByteBuffer,
        frames: consuming ByteBuffer, at moment: Moment
    ) {
        hop.receive(kind, payload, frames: frames, on: socket, at: moment.monotonic)
        drain()
    }

    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?
    ) {
        hop.closed(socket, code: code, reason: reason, isClean: isClean, at: now)
        drain()
    }

    func webSocketDidRead(_ socket: WebSocketHandler) { drain() }

    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool { socket.isWritable }

    func webSocketWritabilityChanged(_ socket: WebSocketHandler) { if socket.isWritable { socket.resumeReading() } }

    /// A member that does not read is not waited for.
    func webSocketOverflowed(_ socket: WebSocketHandler) {
        hop.close(.abort, at: now)
        drain()
    }
}
