package import EngineIOCore
package import NIOCore
import NIOHTTP1
import SiphonCore
import WebSocketCodec

/// The serving side of a connection: the session, the requests that wait for an answer and the WebSockets.
package final class ServingHop {
    private let loop: TransportLoop
    private var session: ServingSession?
    private var requests: [ExchangeID: ClientHandler] = [:]
    /// The transport, and beside it one that probes.
    private var webSockets: [WebSocketHandler] = []
    /// The WebSocket over which messages pass without asking the session.
    private var steady: WebSocketHandler?
    private var responseHeaders = SessionHeaders()
    /// Largest polling body and WebSocket message, in bytes: what the client was told, as the upstream told it.
    package private(set) var messageBytesLimit: Int

    package init(loop: TransportLoop) {
        self.loop = loop
        messageBytesLimit = loop.limits.messageBytes
    }

    /// Answers the handshake.
    ///
    /// - Parameter subprotocol: of the WebSocket by which the client opens, if it does.
    package func open(
        _ handshake: EngineHandshake, for opening: Opening, headers: SessionHeaders, subprotocol: String?,
        owner: any WebSocketOwner, at now: NIODeadline
    ) {
        responseHeaders = headers
        messageBytesLimit = handshake.maxPayload ?? loop.limits.messageBytes
        session = ServingSession(
            configuration: .init(handshake: handshake, limits: loop.limits), transport: opening.transport, at: now)
        if let key = opening.webSocketKey {
            openWebSocket(
                opening.exchange, key: key, subprotocol: subprotocol, client: opening.client, owner: owner, at: now)
        } else {
            receivePoll(opening.exchange, from: opening.client, at: now)
        }
    }

    // MARK: Requests

    package func receivePoll(_ exchange: ExchangeID, from client: ClientHandler, at now: NIODeadline) {
        requests[exchange] = client
        session?.receivePoll(exchange, at: now)
    }

    package func beginPost(
        _ exchange: ExchangeID, contentType: String?, from client: ClientHandler, at now: NIODeadline
    )
        -> Bool
    {
        requests[exchange] = client
        return session?.beginPost(exchange, contentType: contentType, at: now) ?? false
    }

    package func finishPost(_ exchange: ExchangeID, body: ByteBuffer?, at now: NIODeadline) {
        guard let body else { return session?.failPost(exchange, at: now) ?? () }
        session?.finishPost(exchange, body: body, at: now)
    }

    package func abandon(_ exchange: ExchangeID, at now: NIODeadline) {
        requests[exchange] = nil
        session?.abort(exchange, at: now)
    }

    package func openWebSocket(
        _ exchange: ExchangeID, key: String, subprotocol: String?, client: ClientHandler, owner: any WebSocketOwner,
        at now: NIODeadline
    ) {
        let socket = WebSocketHandler(
            role: .server, exchange: exchange, loop: loop, messageBytesLimit: messageBytesLimit)
        socket.owner = owner
        webSockets.append(socket)
        var headers = responseHeaders.next()
        if let subprotocol { headers.replaceOrAdd(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        headers.replaceOrAdd(name: "Connection", value: "Upgrade")
        headers.replaceOrAdd(name: "Sec-WebSocket-Accept", value: WebSocketHandshake.accept(forKey: key))
        client.upgrade(headers: headers, to: socket)
        session?.openWebSocket(exchange, at: now)
    }

    // MARK: WebSockets

    /// Whether messages need nothing but handing on, in both directions.
    package var isSteady: Bool { steady != nil }

    /// Whether a message that comes over `socket` needs nothing but handing on.
    package func isSteady(on socket: WebSocketHandler) -> Bool { socket === steady }

    /// Something came of which the session has to say what becomes of it.
    package func receive(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer, on socket: WebSocketHandler,
        at now: NIODeadline
    ) {
        steady = nil
        session?.receiveWebSocket(kind, payload, frames: frames, on: socket.exchange, at: now)
    }

    package func closed(_ socket: WebSocketHandler, code: UInt16?, reason: String, isClean: Bool, at now: NIODeadline) {
        guard remove(socket.exchange) != nil else { return }
        session?.closeWebSocket(socket.exchange, code: code, reason: reason, isClean: isClean, at: now)
    }

    // MARK: Session

    /// Does what the session says, up to the next thing that is the connection's.
    package func nextEvent() -> HopEvent? {
        steady = nil
        while let action = session?.nextAction() {
            switch action {
            case .respond(let exchange, let response): respond(exchange, response)
            case .send(let packet, let exchange): webSocket(exchange)?.send(packet)
            case .abortRequest(let exchange): requests.removeValue(forKey: exchange)?.breakOff()
            case .closeWebSocket(let exchange, let code, let reason):
                remove(exchange)?.close(code: code, reason: reason)
            case .abortWebSocket(let exchange): remove(exchange)?.abort()
            case .deliver(let message): return .deliver(message)
            case .heartbeat: return .heartbeat
            case .upgraded: return .upgraded
            case .ended(let end): return .ended(end)
            }
        }
        if let exchange = session?.steadyWebSocket { steady = webSocket(exchange) }
        return nil
    }

    private func webSocket(_ exchange: ExchangeID) -> WebSocketHandler? {
        webSockets.first { $0.exchange == exchange }
    }

    private func remove(_ exchange: ExchangeID) -> WebSocketHandler? {
        steady = nil
        return webSockets.firstIndex { $0.exchange == exchange }.map { webSockets.remove(at: $0) }
    }

    private func respond(_ exchange: ExchangeID, _ response: PollingResponse) {
        guard let client = requests.removeValue(forKey: exchange) else { return }
        var headers = responseHeaders.next()
        headers.add(name: "Content-Type", value: response.contentType)
        headers.add(name: "Cache-Control", value: "no-store")
        client.respond(HTTPResponseStatus(statusCode: response.status), headers: headers, body: response.body)
    }

    package func send(_ message: borrowing EngineMessage, at now: NIODeadline) {
        if let steady { return steady.send(message) }
        session?.send(copy message, at: now)
    }

    /// Hands cookies that the upstream set to the client with its next response.
    package func add(cookies: [String]) { if !cookies.isEmpty { responseHeaders.add(cookies: cookies) } }

    package func flush() {
        if let steady { return steady.flush() }
        for socket in webSockets { socket.flush() }
    }

    package func close(_ kind: ClosingKind, at now: NIODeadline) {
        steady = nil
        session?.close(kind, at: now)
    }

    package func advance(to now: NIODeadline) {
        steady = nil
        session?.advance(to: now)
    }

    package var nextDeadline: NIODeadline? { session?.nextDeadline }

    /// Whether no answer is owed any more.
    package var isFinished: Bool { session?.isFinished ?? true }

    /// Lets go of what is left.
    package func finish() {
        for client in requests.values { client.breakOff() }
        for socket in webSockets { socket.abort() }
        requests = [:]
        webSockets = []
        steady = nil
    }

    // MARK: Back-pressure

    /// Whether more waits to be sent to the client than should.
    package var isCongested: Bool {
        if let steady { return !steady.isWritable }
        return session?.queuedBytes ?? 0 > TransportLoop.waterMark.high || webSockets.contains { !$0.isWritable }
    }

    package func resumeReading() {
        for socket in webSockets { socket.resumeReading() }
        for client in requests.values { client.resumeReading() }
    }
}
