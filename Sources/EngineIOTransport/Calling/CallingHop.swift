package import EngineIOCore
package import NIOCore
package import NIOHTTP1
import SiphonCore

/// The calling side of a connection: the session, its GETs, its POSTs and its WebSocket, with the fields, the query and
/// the cookies that go with each.
package final class CallingHop {
    /// Let go of by `finish()`.
    package var owner: (any CallingHopOwner)?
    /// The subprotocols to ask for with the WebSocket.
    package var subprotocols: [String]
    /// The headers of the handshake's response.
    package private(set) var handshakeHeaders: HTTPHeaders = [:]

    private let loop: TransportLoop
    private let dialer: Dialer
    private let request: EngineRequest
    private let headers: HTTPHeaders
    private var session: CallingSession
    private var cookies: CookieJar
    private var gets: HTTPConnection?
    private var posts: HTTPConnection?
    private var dial: WebSocketDial?
    private var webSocket: WebSocketHandler?
    /// Whether messages pass over the WebSocket without asking the session.
    package private(set) var isSteady = false
    /// Of the WebSocket that got a close frame from here last: succeeds once the server has closed it too, or has taken
    /// nothing for two seconds.
    package private(set) var lastGoodbye: EventLoopFuture<Void>?
    private var pollingTarget: String?
    private var holdsPoll = false
    /// What later responses set.
    private var newCookies: [String] = []
    /// What became of a handshake that opened no session; told once.
    private var failure: HopEvent?

    /// - Parameters:
    ///   - request: the path and the app's query of every request.
    ///   - headers: the fields of every request, without cookies.
    package init(
        _ request: EngineRequest, headers: HTTPHeaders, cookies: CookieJar, subprotocols: [String],
        transport: EngineTransport, loop: TransportLoop, dialer: Dialer, at now: NIODeadline
    ) {
        self.request = request
        self.headers = headers
        self.cookies = cookies
        self.subprotocols = subprotocols
        self.loop = loop
        self.dialer = dialer
        session = CallingSession(configuration: .init(transport: transport, limits: loop.limits), at: now)
    }

    package var sid: String? { session.handshake?.sid }

    /// The `Set-Cookie` values that came since the last call, behind the handshake's.
    package func takeCookies() -> [String] {
        defer { newCookies = [] }
        return newCookies
    }

    private func noteHeaders(_ headers: HTTPHeaders) {
        if headers.contains(name: "set-cookie") { cookies.update(headers) }
        if session.isOpen {
            guard headers.contains(name: "set-cookie") else { return }
            newCookies = (newCookies + headers["set-cookie"]).suffix(SessionHeaders.cookiesLimit)
        } else {
            handshakeHeaders = headers
        }
    }

    // MARK: Session

    /// Does what the session says, up to the next thing that is the connection's.
    package func nextEvent() -> HopEvent? {
        if let failure = takeFailure() { return failure }
        isSteady = false
        while let action = session.nextAction() {
            switch action {
            case .send(let packet): webSocket?.send(packet)
            case .poll: poll()
            case .post(let body): post(body)
            case .openWebSocket: openWebSocket()
            case .closeWebSocket(let code, let reason):
                lastGoodbye = webSocket?.close(code: code, reason: reason)
                webSocket = nil
                isSteady = false
            case .abortWebSocket: abortWebSocket()
            case .abortRequests: closeRequests()
            case .upgradeFailed: break  // The hop stays on polling.
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
        // A dial that finds no descriptor fails before it returns.
        return takeFailure()
    }

    private func takeFailure() -> HopEvent? {
        defer { failure = nil }
        return failure
    }

    package func send(_ message: borrowing EngineMessage, at now: NIODeadline) {
        if isSteady, let webSocket { return webSocket.send(message) }
        session.send(copy message, at: now)
    }

    package func flush() { webSocket?.flush() }

    package func beginUpgrade(at now: NIODeadline) {
        isSteady = false
        session.beginUpgrade(at: now)
    }

    package func close(_ kind: ClosingKind, at now: NIODeadline) {
        isSteady = false
        session.close(kind, at: now)
    }

    package func advance(to now: NIODeadline) {
        isSteady = false
        if let posts, posts.hasProgressed() { session.notePostProgress(at: now) }
        session.advance(to: now)
    }

    package var nextDeadline: NIODeadline? { session.nextDeadline }

    package var isEnded: Bool { session.isEnded }

    // MARK: Polling

    private var mayPoll: Bool { owner?.mayPoll ?? true }

    private func poll() {
        guard !session.isOpen || mayPoll else { return holdsPoll = true }
        let connection = gets ?? makeConnection()
        gets = connection
        let limit = session.isOpen ? loop.limits.messageBytes : loop.limits.handshakeBytes
        connection.send(head(.GET, .polling), body: nil, answerBytesLimit: limit) { self.polled($0) }
    }

    private func polled(_ result: Result<HTTPResponse, HTTPConnection.Failure>) {
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
        owner?.callingHopProgressed()
    }

    /// Whether the session was open, or ended before it was: what comes now is no answer to a handshake.
    private var isHandshakeOver: Bool { session.handshake != nil || session.isEnded }

    private func post(_ body: ByteBuffer) {
        let connection = posts ?? makeConnection()
        posts = connection
        var head = head(.POST, .polling)
        head.headers.add(name: "Content-Type", value: "text/plain;charset=UTF-8")
        head.headers.add(name: "Content-Length", value: String(body.readableBytes))
        connection.send(head, body: body, answerBytesLimit: loop.limits.handshakeBytes) {
            self.posted($0)
        }
    }

    private func posted(_ result: Result<HTTPResponse, HTTPConnection.Failure>) {
        let now = loop.clock.now().monotonic
        switch result {
        case .success(let response):
            noteHeaders(response.head.headers)
            session.receivePostResponse(status: Int(response.head.status.code), body: response.body, at: now)
        case .failure: session.failPost(at: now)
        }
        owner?.callingHopProgressed()
    }

    private func makeConnection() -> HTTPConnection {
        HTTPConnection(eventLoop: loop.eventLoop, dialer: dialer, limits: loop.limits)
    }

    private func closeRequests() {
        gets?.close()
        posts?.close()
        gets = nil
        posts = nil
    }

    // MARK: WebSocket

    private func openWebSocket() {
        let dial = WebSocketDial(loop: loop, dialer: dialer)
        self.dial = dial
        var head = head(.GET, .webSocket)
        if !subprotocols.isEmpty {
            head.headers.add(name: "Sec-WebSocket-Protocol", value: subprotocols.joined(separator: ", "))
        }
        dial.start(head) { self.dialled($0) }
    }

    private func dialled(_ outcome: WebSocketDial.Outcome) {
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
        owner?.callingHopProgressed()
    }

    private func abortWebSocket() {
        isSteady = false
        webSocket?.abort()
        webSocket = nil
        dial?.cancel()
        dial = nil
    }

    package func has(_ socket: WebSocketHandler) -> Bool { socket === webSocket }

    /// A message came that needed nothing but handing on.
    package func noteMessage(at now: NIODeadline) { session.noteMessage(at: now) }

    /// Something came of which the session has to say what becomes of it.
    package func receive(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer, at now: NIODeadline
    ) {
        isSteady = false
        session.receiveWebSocket(kind, payload, frames: frames, at: now)
    }

    package func closed(code: UInt16?, reason: String, isClean: Bool, at now: NIODeadline) {
        isSteady = false
        webSocket = nil
        session.closedWebSocket(code: code, reason: reason, isClean: isClean, at: now)
    }

    // MARK: Requests

    private func head(_ method: HTTPMethod, _ transport: EngineTransport) -> HTTPRequestHead {
        var headers = headers
        if let cookie = cookies.header { headers.add(name: "Cookie", value: cookie) }
        return HTTPRequestHead(version: .http1_1, method: method, uri: target(transport), headers: headers)
    }

    /// That of polling is made once a session.
    private func target(_ transport: EngineTransport) -> String {
        guard transport == .polling, let sid else { return request.target(transport: transport, sid: sid) }
        let target = pollingTarget ?? request.target(transport: transport, sid: sid)
        pollingTarget = target
        return target
    }

    /// Lets go of what is left.
    package func finish() {
        isSteady = false
        closeRequests()
        abortWebSocket()
    }

    // MARK: Back-pressure

    /// Whether more waits to be sent to the upstream than should.
    package var isCongested: Bool {
        if let webSocket, !webSocket.isWritable { return true }
        return !isSteady && session.queuedBytes > TransportLoop.waterMark.high
    }

    package func resumeReading() {
        webSocket?.resumeReading()
        guard holdsPoll, mayPoll else { return }
        holdsPoll = false
        poll()
    }
}
