package import NIOCore

/// The client's part of one session: which requests to make, and what their answers and the WebSocket's messages mean.
///
/// Does no I/O and reads no clock. The shell carries out the actions in their order and reports back: one poll, one
/// post and one WebSocket at a time, so they need no names.
package struct CallingSession: Sendable {
    private enum Phase {
        case opening(by: NIODeadline)
        case open
        /// Closed here, on polling: the queue ends with a close packet that is still to be posted.
        case closing(by: NIODeadline)
        case ended
    }

    private enum Upgrade {
        case notTried
        case connecting(by: NIODeadline)
        case probing(by: NIODeadline)
        /// The probe was answered: no new request is started, and those under way are waited for.
        case draining(by: NIODeadline)
        /// It was done, or failed: it is not tried twice.
        case over
    }

    private enum WebSocketState {
        case none
        case connecting
        case open
    }

    package let configuration: Configuration
    package private(set) var transport: EngineTransport
    /// What the open packet said; nil before it.
    package private(set) var handshake: EngineHandshake?
    private var phase: Phase
    private var upgrade = Upgrade.notTried
    private var isPolling = false
    private var isPosting = false
    /// Until when the POST that is under way has to be answered; nil where it has no limit.
    private var postDeadline: NIODeadline?
    /// When a session that closes ends, whatever is still to be sent; never where POSTs have no time of their own.
    private var closeBy = NIODeadline.distantFuture
    private var webSocket = WebSocketState.none
    private var heartbeatTolerance = TimeAmount.zero
    private var lastPacketAt: NIODeadline
    private var queue = PacketQueue()
    private var actions = ShrinkingQueue<Action>()

    /// The first action is `poll` or `openWebSocket`.
    package init(configuration: Configuration, at now: NIODeadline) {
        self.configuration = configuration
        transport = configuration.transport
        phase = .opening(by: now + configuration.openTimeout)
        lastPacketAt = now
        switch transport {
        case .polling: startPoll()
        case .webSocket: connectWebSocket()
        }
    }

    // MARK: State

    /// Whether the open packet has come and the session has been closed by no side.
    package var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// Whether `ended` is among the actions so far.
    package var isEnded: Bool {
        if case .ended = phase { true } else { false }
    }

    package var queuedBytes: Int { queue.bytes }

    /// Whether `beginUpgrade` would do something: on polling, offered by the server, and not tried before.
    package var canUpgrade: Bool {
        guard isOpen, transport == .polling, case .notTried = upgrade else { return false }
        return handshake?.upgrades.contains(EngineTransport.webSocket.rawValue) ?? false
    }

    /// When `advance(to:)` has something to do at the earliest. Nil when never. Each packet from the server moves the
    /// heartbeat's part further off: a timer that is set may stay, and the next one be asked for when it fires.
    package var nextDeadline: NIODeadline? {
        switch phase {
        case .ended: nil
        case .opening(let by), .closing(let by): by
        case .open: [upgradeDeadline, isPosting ? postDeadline : nil].reduce(heartbeatDeadline) { min($0, $1 ?? $0) }
        }
    }

    private var heartbeatDeadline: NIODeadline { lastPacketAt + heartbeatTolerance }

    private var upgradeDeadline: NIODeadline? {
        switch upgrade {
        case .notTried, .over: nil
        case .connecting(let by), .probing(let by), .draining(let by): by
        }
    }

    private var isDraining: Bool {
        if case .draining = upgrade { true } else { false }
    }

    /// The next thing to do, in order. Nil when all is done.
    package mutating func nextAction() -> Action? { actions.popFirst() }

    // MARK: Polling

    /// The GET was answered. Packets before a bad one count.
    package mutating func receivePollResponse(status: Int, body: ByteBuffer, at now: NIODeadline) {
        guard isPolling else { return }
        isPolling = false
        switch phase {
        case .ended, .closing: return
        case .opening, .open: break
        }
        guard status == 200 else { return end(.refused(status: status, body: body)) }
        var reader = PollingPayloadReader(body, packetLimit: configuration.packetsPerPayloadReceived)
        do throws(EngineIOError) {
            while !isEnded, let packet = try reader.next() { receive(packet, at: now) }
        } catch {
            end(.protocolViolation(error))
        }
        startRequests(at: now)
    }

    /// The GET got no answer.
    package mutating func failPoll(at now: NIODeadline) {
        guard isPolling else { return }
        isPolling = false
        switch phase {
        case .ended, .closing: return
        case .opening, .open: end(.lost)
        }
    }

    /// The server has taken more of the POST: its time begins anew.
    package mutating func notePostProgress(at now: NIODeadline) {
        guard isPosting, let timeout = configuration.postTimeout else { return }
        postDeadline = now + timeout
        if case .closing = phase { awaitClosing(at: now) }
    }

    /// The POST was answered. Only the status counts.
    package mutating func receivePostResponse(status: Int, body: ByteBuffer, at now: NIODeadline) {
        guard isPosting else { return }
        isPosting = false
        if status != 200 { return fail(.refused(status: status, body: body)) }
        startRequests(at: now)
    }

    /// The POST got no answer.
    package mutating func failPost(at now: NIODeadline) {
        guard isPosting else { return }
        isPosting = false
        fail(.lost)
    }

    /// Goes on after an answer: starts the requests that can be started, or does what waited for the last of them.
    private mutating func startRequests(at now: NIODeadline) {
        startPost(at: now)
        switch phase {
        case .ended, .opening: return
        case .closing:
            guard isPosting else { return end(.closedLocally) }
            awaitClosing(at: now)
        case .open where isDraining: finishUpgrade()
        case .open where transport == .polling && !isPolling: startPoll()
        case .open: return
        }
    }

    private mutating func startPoll() {
        isPolling = true
        push(.poll)
    }

    private mutating func startPost(at now: NIODeadline) {
        guard transport == .polling, let handshake, !isPosting, !isDraining, !queue.isEmpty else { return }
        isPosting = true
        postDeadline = configuration.postTimeout.map { now + $0 }
        let bytesLimit = min(handshake.maxPayload ?? .max, configuration.payloadBytesLimit)
        let body = queue.takePayload(packetLimit: configuration.packetsPerPayloadSent, bytesLimit: bytesLimit)
        push(.post(body))
    }

    // MARK: WebSocket

    /// The WebSocket is open (its 101 came).
    package mutating func openedWebSocket(at now: NIODeadline) {
        guard case .connecting = webSocket else { return }
        webSocket = .open
        guard case .connecting(let by) = upgrade else { return }
        upgrade = .probing(by: by)
        push(.send(.ping(EnginePacket.probe)))
    }

    /// The WebSocket could not be opened: no connection, or an answer other than 101.
    package mutating func refusedWebSocket(at now: NIODeadline) {
        guard case .connecting = webSocket else { return }
        loseWebSocket(.lost, at: now)
    }

    /// Whether messages pass over the WebSocket just now with nothing else to be done: the shell may hand those of it
    /// on, after `noteMessage(at:)`, and send others over it without asking the session.
    package var isSteadyOnWebSocket: Bool {
        guard case .open = phase, case .open = webSocket else { return false }
        return transport == .webSocket && actions.isEmpty && queue.isEmpty
    }

    /// A message came that the shell handed on by itself.
    package mutating func noteMessage(at now: NIODeadline) { lastPacketAt = now }

    /// A message came on the WebSocket. `frames` are what it came in, if it can be sent on so.
    package mutating func receiveWebSocket(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer?, at now: NIODeadline
    ) {
        guard case .open = webSocket else { return }
        guard transport == .webSocket else { return receiveProbe(kind, payload, at: now) }
        do throws(EngineIOError) {
            receive(try EnginePacket(webSocket: kind, payload, frames: frames), at: now)
        } catch {
            end(.protocolViolation(error))
        }
    }

    /// The WebSocket is gone: closed by a close frame, whose code may be missing, or cut, which is not clean.
    package mutating func closedWebSocket(code: UInt16?, reason: String, isClean: Bool, at now: NIODeadline) {
        guard case .open = webSocket else { return }
        loseWebSocket(isClean ? .webSocketClosed(code: code, reason: reason) : .lost, at: now)
    }

    private mutating func loseWebSocket(_ reason: SessionEnd, at now: NIODeadline) {
        webSocket = .none
        if transport == .webSocket { end(reason) } else { failUpgrade(at: now) }
    }

    private mutating func connectWebSocket() {
        webSocket = .connecting
        push(.openWebSocket)
    }

    /// Closes the WebSocket, or gives up opening it, if there is one.
    private mutating func dropWebSocket() {
        switch webSocket {
        case .none: return
        case .connecting: push(.abortWebSocket)
        case .open: push(.closeWebSocket(code: nil, reason: ""))
        }
        webSocket = .none
    }

    /// Starts to move from polling to a WebSocket. Does nothing where `canUpgrade` is false.
    package mutating func beginUpgrade(at now: NIODeadline) {
        guard canUpgrade else { return }
        upgrade = .connecting(by: now + configuration.probeTimeout)
        connectWebSocket()
    }

    private mutating func receiveProbe(
        _ kind: EngineMessage.Kind, _ payload: ByteBuffer, at now: NIODeadline
    ) {
        switch (upgrade, try? EnginePacket(webSocket: kind, payload, frames: nil)) {
        case (.probing(let by), .pong(EnginePacket.probe)):
            upgrade = .draining(by: by)
            finishUpgrade()
        case (.probing, .noop), (.draining, .noop): return  // python sends one where no poll is pending
        default: failUpgrade(at: now)
        }
    }

    private mutating func finishUpgrade() {
        guard !isPolling, !isPosting else { return }
        upgrade = .over
        transport = .webSocket
        push(.send(.upgrade))
        push(.upgraded)
        sendQueue()
    }

    private mutating func failUpgrade(at now: NIODeadline) {
        cancelUpgrade()
        push(.upgradeFailed)
        startRequests(at: now)
    }

    private mutating func cancelUpgrade() {
        dropWebSocket()
        upgrade = .over
    }

    private mutating func sendQueue() {
        while let packet = queue.popFirst() { push(.send(packet)) }
    }

    // MARK: Both transports

    /// Sends a message: at once on a WebSocket, with the next POST otherwise. Before the session is open it waits.
    package mutating func send(_ message: EngineMessage, at now: NIODeadline) {
        switch phase {
        case .ended, .closing: return
        case .opening, .open: send(.message(message), at: now)
        }
    }

    private mutating func send(_ packet: EnginePacket, at now: NIODeadline) {
        if transport == .webSocket, isOpen { return push(.send(packet)) }
        guard !queue.isFull(for: packet, bytesLimit: configuration.queuedBytesLimit) else { return end(.queueFull) }
        queue.append(packet)
        startPost(at: now)
    }

    private mutating func receive(_ packet: EnginePacket, at now: NIODeadline) {
        lastPacketAt = now
        if case .opening = phase { return open(packet, at: now) }
        switch packet {
        case .message(let message): push(.deliver(message))
        case .ping(let content):
            send(.pong(content), at: now)
            if !isEnded { push(.heartbeat) }
        case .close: end(.closedByPeer)
        // A server that opens a session a second time means another one, with another `sid`.
        case .open: end(.protocolViolation(EngineIOError(.unexpectedHandshake)))
        case .pong, .upgrade, .noop: break
        }
    }

    private mutating func open(_ packet: EnginePacket, at now: NIODeadline) {
        guard case .open(let json) = packet else { return end(.protocolViolation(EngineIOError(.missingHandshake))) }
        do throws(EngineIOError) {
            let handshake = try EngineHandshake(parsing: json)
            self.handshake = handshake
            heartbeatTolerance = handshake.pingInterval + handshake.pingTimeout
            phase = .open
            push(.opened(handshake))
            if transport == .webSocket { sendQueue() }
        } catch {
            end(.protocolViolation(error))
        }
    }

    // MARK: Time

    /// Does what is due at `now`.
    package mutating func advance(to now: NIODeadline) {
        switch phase {
        case .opening(let by) where by <= now: end(.notOpened)
        case .closing(let by) where by <= now: end(.closedLocally)
        case .open where heartbeatDeadline <= now: end(.pingTimeout)
        case .open where isPosting && postDeadline.map { $0 <= now } ?? false: end(.lost)
        case .open:
            if let upgradeDeadline, upgradeDeadline <= now { failUpgrade(at: now) }
        case .opening, .closing, .ended: return
        }
    }

    // MARK: The end

    /// Closes the session from here. By polling what is queued is posted first, and a close packet last; `ended`
    /// comes when that is answered.
    package mutating func close(_ how: ClosingKind, at now: NIODeadline) {
        switch (phase, transport) {
        case (.ended, _), (.closing, _): return
        case (.open, .webSocket): closeWebSocket(how)
        case (.open, .polling):
            cancelUpgrade()
            queue.append(.close)
            if let timeout = configuration.postTimeout { closeBy = now + max(configuration.closeLimit, timeout) }
            awaitClosing(at: now)
            startRequests(at: now)
        case (.opening, _): end(.closedLocally)
        }
    }

    private mutating func awaitClosing(at now: NIODeadline) {
        phase = .closing(by: min(now + (configuration.postTimeout ?? configuration.closeWait), closeBy))
    }

    private mutating func closeWebSocket(_ how: ClosingKind) {
        switch how {
        case .orderly:
            push(.send(.close))
            push(.closeWebSocket(code: nil, reason: ""))
        case .webSocket(let code, let reason): push(.closeWebSocket(code: code, reason: reason))
        case .abort, .refused: push(.abortWebSocket)
        }
        webSocket = .none
        end(.closedLocally)
    }

    /// A request failed. While the session closes that is as good as its answer.
    private mutating func fail(_ reason: SessionEnd) {
        switch phase {
        case .ended: return
        case .closing: end(.closedLocally)
        case .opening, .open: end(reason)
        }
    }

    private mutating func end(_ reason: SessionEnd) {
        guard !isEnded else { return }
        phase = .ended
        dropWebSocket()
        if isPolling || isPosting { push(.abortRequests) }
        isPolling = false
        isPosting = false
        queue.removeAll()
        push(.ended(reason))
    }

    private mutating func push(_ action: Action) { actions.append(action) }
}
