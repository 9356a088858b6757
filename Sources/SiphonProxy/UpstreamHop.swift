import EngineIOCore
import Logging
import NIOCore
import NIOHTTP1
import SiphonCore

/// The connection that an upstream hop belongs to.
protocol UpstreamHopOwner: WebSocketOwner {
    /// Something came of a request: there may be events.
    func upstreamHopProgressed()
    /// Whether more of the upstream's messages are wanted now.
    var mayPollUpstream: Bool { get }
}

/// The upstream's side of a Socket.IO connection: the calling session, its GETs, its POSTs and its WebSocket, with the
/// client's headers, query and cookies.
final class UpstreamHop {
    /// Let go of by `finish()`.
    var owner: (any UpstreamHopOwner)?
    /// The subprotocols that the client asks for with its WebSocket.
    var subprotocols: [String]
    /// The headers of the handshake's response.
    private(set) var handshakeHeaders: HTTPHeaders = [:]

    private let loop: ProxyLoop
    private let handshake: ClientHandshake
    private let headers: HTTPHeaders
    private var session: CallingSession
    private var cookies: CookieJar
    private var gets: UpstreamHTTPConnection?
    private var posts: UpstreamHTTPConnection?
    private var dial: UpstreamWebSocketDial?
    private var webSocket: WebSocketHandler?
    /// Whether messages pass over the WebSocket without asking the session.
    private var isSteady = false
    private var holdsPoll = false
    /// What later responses set, for the client.
    private var newCookies: [String] = []
    /// What became of a handshake that opened no session; told once.
    private var failure: HopEvent?

    init(handshake: ClientHandshake, transport: EngineTransport, loop: ProxyLoop, at now: NIODeadline) {
        self.handshake = handshake
        self.loop = loop
        subprotocols = handshake.headers.subprotocols
        headers = loop.headers.engineRequest(handshake.headers, clientAddress: handshake.clientAddress)
        cookies = CookieJar(clientHeaders: handshake.headers)
        session = CallingSession(configuration: .init(transport: transport, limits: loop.limits), at: now)
    }

    var sid: String? { session.handshake?.sid }

    /// The `Set-Cookie` values that came since the last call, behind the handshake's.
    func takeCookies() -> [String] {
        defer { newCookies = [] }
        return newCookies
    }

    private func noteHeaders(_ headers: HTTPHeaders) {
        cookies.update(headers)
        if session.isOpen {
            newCookies = (newCookies + loop.headers.cookies(headers)).suffix(SessionHeaders.cookiesLimit)
        } else {
            handshakeHeaders = headers
        }
    }

    // MARK: Session

    /// Does what the session says, up to the next thing that is the connection's.
    func nextEvent() -> HopEvent? {
        if let failure {
            self.failure = nil
            return failure
        }
        isSteady = false
        while let action = session.nextAction() {
            switch action {
            case .send(let packet): webSocket?.send(packet)
            case .poll: poll()
            case .post(let body): post(body)
            case .openWebSocket: openWebSocket()
            case .closeWebSocket(let code, let reason):
                webSocket?.close(code: code, reason: reason)
                webSocket = nil
                isSteady = false
            case .abortWebSocket: abortWebSocket()
            case .abortRequests: closeRequests()
            case .upgradeFailed: loop.log.debug("the upstream did not take the upgrade; its hop stays on polling")
            case .upgraded:
                closeRequests()
                return .upgraded
            case .deliver(let message): return .deliver(message)
            case .heartbeat: return .heartbeat
            case .opened(let handshake): return .opened(handshake)
            case .ended(let end): return .ended(end)
            }
        }
        isSteady = webSocket != nil && session.isSteadyOnWebSocket
        return nil
    }

    func send(_ message: EngineMessage, at now: NIODeadline) {
        if isSteady, let webSocket { return webSocket.send(message) }
        session.send(message, at: now)
    }

    func flush() { webSocket?.flush() }

    func beginUpgrade(at now: NIODeadline) {
        isSteady = false
        session.beginUpgrade(at: now)
    }

    func close(_ kind: ClosingKind, at now: NIODeadline) {
        isSteady = false
        session.close(kind, at: now)
    }

    func advance(to now: NIODeadline) {
        isSteady = false
        session.advance(to: now)
    }

    var nextDeadline: NIODeadline? { session.nextDeadline }

    var isEnded: Bool { session.isEnded }

    // MARK: Polling

    private var mayPoll: Bool { owner?.mayPollUpstream ?? true }

    private func poll() {
        guard !session.isOpen || mayPoll else { return holdsPoll = true }
        let connection = gets ?? makeConnection()
        gets = connection
        let limit = session.isOpen ? loop.limits.messageBytes : loop.limits.handshakeBytes
        connection.send(head(.GET, .polling), body: nil, answerBytesLimit: limit) { [weak self] in self?.polled($0) }
    }

    private func polled(_ result: Result<UpstreamResponse, UpstreamHTTPConnection.Failure>) {
        let now = loop.clock.now().monotonic
        switch result {
        case .success(let response):
            noteHeaders(response.head.headers)
            if isHandshakeOver || response.head.status == .ok {
                session.receivePollResponse(
                    status: Int(response.head.status.code), body: response.body, at: now)
            } else {
                failure = .refused(response)
            }
        case .failure(let reason):
            if isHandshakeOver { session.failPoll(at: now) } else { failure = .failed(reason) }
        }
        owner?.upstreamHopProgressed()
    }

    /// Whether the session was open, or ended before it was: what comes now is no answer to a handshake.
    private var isHandshakeOver: Bool { session.handshake != nil || session.isEnded }

    private func post(_ body: ByteBuffer) {
        let connection = posts ?? makeConnection()
        posts = connection
        var head = head(.POST, .polling)
        head.headers.add(name: "Content-Type", value: "text/plain;charset=UTF-8")
        head.headers.add(name: "Content-Length", value: String(body.readableBytes))
        connection.send(head, body: body, answerBytesLimit: loop.limits.handshakeBytes) { [weak self] in
            self?.posted($0)
        }
    }

    private func posted(_ result: Result<UpstreamResponse, UpstreamHTTPConnection.Failure>) {
        let now = loop.clock.now().monotonic
        switch result {
        case .success(let response):
            noteHeaders(response.head.headers)
            session.receivePostResponse(status: Int(response.head.status.code), body: response.body, at: now)
        case .failure: session.failPost(at: now)
        }
        owner?.upstreamHopProgressed()
    }

    private func makeConnection() -> UpstreamHTTPConnection {
        UpstreamHTTPConnection(eventLoop: loop.eventLoop, dialer: loop.dialer, limits: loop.limits)
    }

    private func closeRequests() {
        gets?.close()
        posts?.close()
        gets = nil
        posts = nil
    }

    // MARK: WebSocket

    private func openWebSocket() {
        let dial = UpstreamWebSocketDial(loop: loop)
        self.dial = dial
        var head = head(.GET, .webSocket)
        if !subprotocols.isEmpty {
            head.headers.add(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        dial.start(head) { [weak self] in self?.dialled($0) }
    }

    private func dialled(_ outcome: UpstreamWebSocketDial.Outcome) {
        let now = loop.clock.now().monotonic
        dial = nil
        switch outcome {
        case .opened(let socket, let head):
            noteHeaders(head.headers)
            socket.owner = owner
            webSocket = socket
            session.openedWebSocket(at: now)
        case .refused(let response):
            if isHandshakeOver { session.refusedWebSocket(at: now) } else { failure = .refused(response) }
        case .failed(let reason):
            if isHandshakeOver { session.refusedWebSocket(at: now) } else { failure = .failed(reason) }
        }
        owner?.upstreamHopProgressed()
    }

    private func abortWebSocket() {
        isSteady = false
        webSocket?.abort()
        webSocket = nil
        dial?.cancel()
        dial = nil
    }

    func has(_ socket: WebSocketHandler) -> Bool { socket === webSocket }

    /// Returns a message that needs nothing but handing on; nil where the session has to say what comes of it.
    func receive(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer, at now: NIODeadline
    ) -> EngineMessage? {
        if isSteady, let message = EngineMessage(webSocket: kind, payload, frames: frames) {
            session.noteMessage(at: now)
            return message
        }
        isSteady = false
        session.receiveWebSocket(kind, payload, frames: frames, at: now)
        return nil
    }

    func closed(code: UInt16?, reason: String, isClean: Bool, at now: NIODeadline) {
        isSteady = false
        webSocket = nil
        session.closedWebSocket(code: code, reason: reason, isClean: isClean, at: now)
    }

    // MARK: Requests

    private func head(_ method: HTTPMethod, _ transport: EngineTransport) -> HTTPRequestHead {
        var headers = headers
        if let cookie = cookies.header { headers.add(name: "Cookie", value: cookie) }
        return HTTPRequestHead(
            version: .http1_1, method: method,
            uri: handshake.request.upstreamTarget(transport: transport, sid: sid), headers: headers)
    }

    /// Lets go of what is left.
    func finish() {
        isSteady = false
        closeRequests()
        abortWebSocket()
    }

    // MARK: Back-pressure

    /// Whether more waits to be sent to the upstream than should.
    var isCongested: Bool {
        session.queuedBytes > ProxyLoop.waterMark.high || webSocket.map { !$0.isWritable } ?? false
    }

    func resumeReading() {
        webSocket?.resumeReading()
        guard holdsPoll, mayPoll else { return }
        holdsPoll = false
        poll()
    }
}
