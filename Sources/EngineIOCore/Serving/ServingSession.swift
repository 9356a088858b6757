package import NIOCore

/// The server's part of one session: what a client's requests and WebSockets mean, and what they are answered.
///
/// Does no I/O and reads no clock. The shell feeds it, then carries out the actions in their order. Behaves as the
/// JavaScript server (engine.io 6) where servers differ.
package struct ServingSession: Sendable {
    private enum Phase {
        case open
        /// Closed here while no poll was pending: polls get what is queued, then the refusal if there is one.
        case closing(until: NIODeadline, refusal: PollingResponse?)
        case ended
    }

    private enum Heartbeat {
        case ping(at: NIODeadline)
        case pong(by: NIODeadline)
    }

    /// A WebSocket that wants to become the transport.
    private struct Probe {
        let socket: ExchangeID
        let deadline: NIODeadline
        /// When the next poll without data may be answered with a noop, so that the client can pause; nil until the
        /// probe was answered.
        var noopAt: NIODeadline?
    }

    /// How often a poll is answered with a noop during an upgrade.
    private static let noopInterval = TimeAmount.milliseconds(100)
    /// The close code for a session whose other hop was refused (RFC 6455, section 7.4.1).
    private static let internalErrorCode: UInt16 = 1011

    package let configuration: Configuration
    package private(set) var transport: EngineTransport
    private var phase = Phase.open
    private var heartbeat: Heartbeat
    private var poll: ExchangeID?
    private var post: ExchangeID?
    private var webSocket: ExchangeID?
    private var probe: Probe?
    private var queue = PacketQueue()
    private var actions = ShrinkingQueue<Action>()

    /// A polling session has its open packet queued for the poll that opens it; a WebSocket session sends it when
    /// `openWebSocket` is called.
    package init(configuration: Configuration, transport: EngineTransport, at now: NIODeadline) {
        self.configuration = configuration
        self.transport = transport
        heartbeat = .ping(at: now + configuration.handshake.pingInterval)
        if transport == .polling { queue.append(openPacket) }
    }

    // MARK: State

    /// Whether `ended` is among the actions so far.
    package var isEnded: Bool {
        if case .open = phase { false } else { true }
    }

    /// Whether the session is over and owes no answer: it can be forgotten.
    package var isFinished: Bool {
        if case .ended = phase { post == nil } else { false }
    }

    package var queuedBytes: Int { queue.bytes }

    /// When `advance(to:)` has something to do at the earliest. Nil when never.
    package var nextDeadline: NIODeadline? {
        switch phase {
        case .ended: return nil
        case .closing(let until, _): return until
        case .open: break
        }
        var next =
            switch heartbeat {
            case .ping(let at): at
            case .pong(let by): by
            }
        if let probe {
            next = min(next, probe.deadline)
            if poll != nil, let noopAt = probe.noopAt { next = min(next, noopAt) }
        }
        return next
    }

    /// The next thing to do, in order. Nil when all is done.
    package mutating func nextAction() -> Action? { actions.popFirst() }

    /// Offers no upgrade where there is none to be had, whatever the handshake says.
    private var openPacket: EnginePacket {
        var handshake = configuration.handshake
        if transport == .webSocket || !configuration.allowsUpgrade { handshake.upgrades = [] }
        return .open(handshake.encoded())
    }

    // MARK: Polling

    /// A GET of this session came in. It is answered by an action, now or later.
    package mutating func receivePoll(_ exchange: ExchangeID, at now: NIODeadline) {
        switch phase {
        case .ended: respond(exchange, EngineRefusal.unknownSession.response)
        case .closing(_, let refusal): answerClosing(exchange, refusal: refusal)
        case .open where transport == .webSocket: respond(exchange, EngineRefusal.badRequest.response)
        case .open where poll != nil:
            respond(exchange, .badRequest)
            end(.protocolViolation(EngineIOError(.overlappingPoll)))
        case .open:
            poll = exchange
            answerPoll(at: now)
        }
    }

    /// A POST of this session begins. If this returns false it is answered already, and its body is of no interest;
    /// otherwise `finishPost`, `failPost` or `abort` must follow.
    package mutating func beginPost(_ exchange: ExchangeID, contentType: String?, at now: NIODeadline) -> Bool {
        switch phase {
        case .ended: respond(exchange, EngineRefusal.unknownSession.response)
        case .closing where post == nil:
            post = exchange
            return true
        case .closing: respond(exchange, .badRequest)
        case .open where transport == .webSocket: respond(exchange, EngineRefusal.badRequest.response)
        case .open where post != nil:
            respond(exchange, .badRequest)
            end(.protocolViolation(EngineIOError(.overlappingPost)))
        case .open where Self.isBinary(contentType):
            respond(exchange, .badRequest)
            end(.protocolViolation(EngineIOError(.binaryContentType)))
        case .open:
            post = exchange
            return true
        }
        return false
    }

    /// The body of the POST is there. Packets before a bad one count, and the answer is `ok` even then.
    package mutating func finishPost(_ exchange: ExchangeID, body: ByteBuffer, at now: NIODeadline) {
        guard post == exchange else { return }
        post = nil
        switch phase {
        case .ended: return respond(exchange, EngineRefusal.unknownSession.response)
        case .closing: return respond(exchange, .ok)
        case .open: break
        }
        let end = receivePayload(body, at: now)
        respond(exchange, .ok)
        if let end { self.end(end) }
    }

    /// The shell found the body of the POST larger than it takes. The session lives on.
    package mutating func failPost(_ exchange: ExchangeID, at now: NIODeadline) {
        guard post == exchange else { return }
        post = nil
        respond(exchange, .tooLarge)
    }

    /// The connection of a request went away before the answer. After an upgrade that is no loss: the client had
    /// finished with polling.
    package mutating func abort(_ exchange: ExchangeID, at now: NIODeadline) {
        guard poll == exchange || post == exchange else { return }
        if poll == exchange { poll = nil } else { post = nil }
        if transport == .polling { end(.lost) }
    }

    /// Returns why the session ends with this payload; nil if it does not.
    private mutating func receivePayload(_ body: ByteBuffer, at now: NIODeadline) -> SessionEnd? {
        var reader = PollingPayloadReader(body, packetLimit: configuration.packetsPerPayloadReceived)
        do throws(EngineIOError) {
            while let packet = try reader.next() {
                if let end = receive(packet, at: now) { return end }
            }
            return nil
        } catch {
            return .protocolViolation(error)
        }
    }

    private static func isBinary(_ contentType: String?) -> Bool {
        let mediaType = contentType?.prefix { $0 != ";" && $0 != " " }
        return mediaType?.lowercased() == "application/octet-stream"
    }

    // MARK: WebSocket

    /// A WebSocket of this session is open (its 101 was sent): the first transport, or one to upgrade to.
    package mutating func openWebSocket(_ socket: ExchangeID, at now: NIODeadline) {
        guard !isEnded else { return push(.closeWebSocket(socket, code: nil, reason: "")) }
        switch transport {
        case .webSocket where webSocket == nil:
            webSocket = socket
            heartbeat = .ping(at: now + configuration.handshake.pingInterval)
            push(.send(openPacket, on: socket))
            sendQueue(on: socket)
        case .polling where probe == nil && configuration.allowsUpgrade:
            probe = Probe(socket: socket, deadline: now + configuration.upgradeTimeout)
        default:
            push(.closeWebSocket(socket, code: nil, reason: ""))
        }
    }

    /// The WebSocket over which messages pass just now with nothing else to be done: the shell may hand those of it on
    /// and send others over it without asking the session. Nil while there is anything to do besides, so that the
    /// order is kept.
    package var steadyWebSocket: ExchangeID? {
        guard case .open = phase, transport == .webSocket, actions.isEmpty, queue.isEmpty else { return nil }
        return webSocket
    }

    /// A message came on a WebSocket. `frames` are what it came in, if it can be sent on so.
    package mutating func receiveWebSocket(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer?, on socket: ExchangeID,
        at now: NIODeadline
    ) {
        guard !isEnded else { return }
        guard socket == webSocket else { return receiveProbe(kind, payload, on: socket, at: now) }
        do throws(EngineIOError) {
            let packet = try EnginePacket(webSocket: kind, payload, frames: frames)
            if let end = receive(packet, at: now) { self.end(end) }
        } catch {
            end(.protocolViolation(error))
        }
    }

    /// A WebSocket is gone: closed by a close frame, whose code may be missing, or cut, which is not clean.
    package mutating func closeWebSocket(
        _ socket: ExchangeID, code: UInt16?, reason: String, isClean: Bool, at now: NIODeadline
    ) {
        if probe?.socket == socket { probe = nil }
        guard socket == webSocket else { return }
        webSocket = nil
        end(isClean ? .webSocketClosed(code: code, reason: reason) : .lost)
    }

    private mutating func receiveProbe(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, on socket: ExchangeID, at now: NIODeadline
    ) {
        guard probe?.socket == socket else { return }
        switch try? EnginePacket(webSocket: kind, payload, frames: nil) {
        case .ping(EnginePacket.probe):
            push(.send(.pong(EnginePacket.probe), on: socket))
            probe?.noopAt = now
            answerPoll(at: now)
        case .upgrade: upgrade(to: socket)
        default: cancelProbe()
        }
    }

    private mutating func upgrade(to socket: ExchangeID) {
        if let poll { respond(poll, .packet(.close)) }
        poll = nil
        probe = nil
        webSocket = socket
        transport = .webSocket
        push(.upgraded)
        sendQueue(on: socket)
    }

    private mutating func cancelProbe() {
        guard let probe else { return }
        push(.closeWebSocket(probe.socket, code: nil, reason: ""))
        self.probe = nil
    }

    private mutating func sendQueue(on socket: ExchangeID) {
        while let packet = queue.popFirst() { push(.send(packet, on: socket)) }
    }

    // MARK: Both transports

    /// Sends a message: at once on a WebSocket, with the pending or the next poll otherwise.
    package mutating func send(_ message: EngineMessage, at now: NIODeadline) {
        guard !isEnded else { return }
        send(.message(message), at: now)
    }

    private mutating func send(_ packet: EnginePacket, at now: NIODeadline) {
        if let webSocket { return push(.send(packet, on: webSocket)) }
        guard !queue.isFull(for: packet, bytesLimit: configuration.queuedBytesLimit) else { return end(.queueFull) }
        queue.append(packet)
        answerPoll(at: now)
    }

    /// Handles a packet on the active transport. Returns why the session ends with it; nil if it does not.
    private mutating func receive(_ packet: EnginePacket, at now: NIODeadline) -> SessionEnd? {
        switch packet {
        case .message(let message): push(.deliver(message))
        case .pong:
            heartbeat = .ping(at: now + configuration.handshake.pingInterval)
            push(.heartbeat)
        case .close: return .closedByPeer
        case .ping: return .protocolViolation(EngineIOError(.wrongHeartbeatDirection))
        case .open, .upgrade, .noop: break
        }
        return nil
    }

    /// Answers the pending poll if there is something to answer: what is queued, or a noop during an upgrade.
    private mutating func answerPoll(at now: NIODeadline) {
        guard let poll else { return }
        if !queue.isEmpty {
            self.poll = nil
            respond(poll, .payload(takePayload()))
        } else if let noopAt = probe?.noopAt, noopAt <= now {
            self.poll = nil
            probe?.noopAt = now + Self.noopInterval
            respond(poll, .packet(.noop))
        }
    }

    private mutating func takePayload() -> ByteBuffer {
        queue.takePayload(
            packetLimit: configuration.packetsPerPayloadSent, bytesLimit: configuration.payloadBytesLimit)
    }

    // MARK: Time

    /// Does what is due at `now`: heartbeats, the end of an upgrade that does not come, noops.
    package mutating func advance(to now: NIODeadline) {
        switch phase {
        case .ended: return
        case .closing(let until, _):
            if until <= now { finish() }
            return
        case .open: break
        }
        if let probe, probe.deadline <= now { cancelProbe() }
        answerPoll(at: now)
        switch heartbeat {
        case .ping(let at) where at <= now && isConnected:
            heartbeat = .pong(by: now + configuration.handshake.pingTimeout)
            send(.ping(ByteBuffer()), at: now)
        case .ping(let at) where at <= now: end(.pingTimeout)
        case .pong(let by) where by <= now: end(.pingTimeout)
        case .ping, .pong: break
        }
    }

    /// False only for a WebSocket session whose WebSocket has not been opened yet.
    private var isConnected: Bool { transport == .polling || webSocket != nil }

    // MARK: The end

    /// Closes the session from here. What is queued reaches a polling client before the close does.
    package mutating func close(_ how: ClosingKind, at now: NIODeadline) {
        guard !isEnded else { return }
        cancelProbe()
        switch transport {
        case .webSocket: closeWebSocket(how)
        case .polling: closePolling(how, at: now)
        }
        push(.ended(.closedLocally))
    }

    private mutating func closeWebSocket(_ how: ClosingKind) {
        if let webSocket {
            switch how {
            case .orderly: push(.closeWebSocket(webSocket, code: nil, reason: ""))
            case .webSocket(let code, let reason):
                push(.closeWebSocket(webSocket, code: code, reason: reason))
            case .abort: push(.abortWebSocket(webSocket))
            case .refused: push(.closeWebSocket(webSocket, code: Self.internalErrorCode, reason: ""))
            }
        }
        finish()
    }

    private mutating func closePolling(_ how: ClosingKind, at now: NIODeadline) {
        let refusal: PollingResponse? =
            switch how {
            case .refused(let status, let body): PollingResponse(status: status, body: body)
            case .abort: EngineRefusal.unknownSession.response
            case .orderly, .webSocket: nil
            }
        if let poll {
            self.poll = nil
            if how == .abort { push(.abortRequest(poll)) } else { respond(poll, refusal ?? .packet(.close)) }
            return finish()
        }
        if refusal == nil {
            if queue.isEmpty { queue.append(.noop) }
            queue.append(.close)
        }
        phase = .closing(until: now + configuration.closeWait, refusal: refusal)
    }

    private mutating func answerClosing(_ exchange: ExchangeID, refusal: PollingResponse?) {
        if queue.isEmpty, let refusal {
            respond(exchange, refusal)
            return finish()
        }
        respond(exchange, .payload(takePayload()))
        if queue.isEmpty, refusal == nil { finish() }
    }

    /// Ends the session for a reason that is not a local close. A pending poll is told.
    private mutating func end(_ reason: SessionEnd) {
        guard !isEnded else { return }
        if let poll { respond(poll, .packet(reason == .closedByPeer ? .noop : .close)) }
        poll = nil
        cancelProbe()
        if let webSocket { push(.closeWebSocket(webSocket, code: nil, reason: "")) }
        finish()
        push(.ended(reason))
    }

    private mutating func finish() {
        phase = .ended
        webSocket = nil
        queue.removeAll()
    }

    private mutating func push(_ action: Action) { actions.append(action) }

    private mutating func respond(_ exchange: ExchangeID, _ response: PollingResponse) {
        push(.respond(exchange, response))
    }
}
