import EngineIOCore
import EngineIOTransport
import Logging
import NIOCore
import NIOHTTP1
import SiphonCore
import SocketIOCore
import WebSocketCodec

/// The shell of `ClientMachine`: opens its sessions, carries out what it says and hands on what comes. Confined to one
/// event loop.
final class ClientConnection: CallingHopOwner {
    private let eventLoop: any EventLoop
    private let transportLoop: TransportLoop
    private let state: ClientState
    private let lanes: HandlerLanes
    private let registry: HandlerRegistry
    private let logger: Logger
    private let timer: DeadlineTimer
    private var options: ConnectionOptions
    private var source: ConnectSource?
    private var machine: ClientMachine
    private var reader: PacketReader
    private var reporter: StateReporter
    private var hop: CallingHop?
    private var transport = Transport.polling
    /// The answers of the source, from when they are there until the session is open.
    private var answer: ConnectSource.Answer?
    private var asking: Task<Void, Never>?
    /// How many sessions were opened: what an earlier one still says is of no interest.
    private var sessionCount = 0
    private var pressure = Pressure()
    /// What waits for handlers, as of the last read.
    private var backlogBytes = 0
    private var isDraining = false
    /// Whether something came or went that may have moved a deadline.
    private var wasDisturbed = true
    /// Of the caller who connected last; kept as long as there is a connection, or one may come.
    private var ticket: ConnectTicket?
    private var onConnect: ((Result<Void, SocketIOClientError>) -> Void)?
    /// How often it was disconnected from here: that ends those connects, too, which wait for the end before theirs.
    private var disconnectCount = 0
    private var waiters = ConnectionWaiters()
    /// Of the WebSocket that was closed here last: succeeds once the server has closed it too, or takes nothing.
    private var goodbye: EventLoopFuture<Void>

    init(
        eventLoop: any EventLoop, configuration: ClientMachine.Configuration, options: ConnectionOptions,
        state: ClientState, lanes: HandlerLanes, registry: HandlerRegistry, logger: Logger
    ) {
        self.eventLoop = eventLoop
        self.options = options
        self.state = state
        self.lanes = lanes
        self.registry = registry
        self.logger = logger
        var limits = Limits()
        limits.messageBytes = configuration.limits.messageBytes
        limits.queuedBytes = configuration.limits.queuedBytes
        limits.upstreamHandshake = options.requestTimeout
        limits.upstreamPost = options.requestTimeout
        transportLoop = TransportLoop(eventLoop: eventLoop, limits: limits)
        timer = DeadlineTimer(eventLoop: eventLoop)
        goodbye = eventLoop.makeSucceededVoidFuture()
        machine = ClientMachine(configuration: configuration)
        reader = PacketReader(configuration.limits)
        reporter = StateReporter(state)
        timer.onDeadline = { [weak self] in self?.advance() }
    }

    /// From so much on that waits for handlers, what comes is copied out of what was read with it.
    private static let detachingBytes = 64 << 10

    deinit { timer.cancel() }

    private var now: NIODeadline { .now() }

    // MARK: What the client asks for

    func connect(
        _ ticket: ConnectTicket, _ source: ConnectSource, _ plan: ClientMachine.Plan, transports: [Transport],
        path: String, completion: @escaping (Result<Void, SocketIOClientError>) -> Void
    ) {
        guard !machine.isEnding else {
            // What was disconnected is about to end: then it is this one's turn.
            let bound = NIOLoopBound((self, completion), eventLoop: eventLoop)
            let count = disconnectCount
            return whenFinished(0).whenComplete { _ in
                let (connection, completion) = bound.value
                guard connection.disconnectCount == count else {
                    return completion(.failure(.disconnectedWhileConnecting))
                }
                connection.connect(ticket, source, plan, transports: transports, path: path, completion: completion)
            }
        }
        guard !ticket.isCancelled else { return completion(.failure(.disconnected)) }
        do throws(SocketIOClientError) {
            try machine.connect(plan)
        } catch {
            return completion(.failure(error))
        }
        self.ticket = ticket
        self.source = source
        options.transports = transports
        options.path = path
        onConnect = completion
        drain()
    }

    /// Gives up connecting, if that is what it is still doing for this caller.
    func cancel(_ ticket: ConnectTicket) {
        if self.ticket === ticket, onConnect != nil { disconnect() }
    }

    /// What was emitted before goes first.
    func disconnect() {
        disconnectCount += 1
        _ = sendOutbox(all: true)
        machine.disconnect(at: now)
        drain()
    }

    /// Succeeds at once, with the last namespace as `whenClosed` does.
    ///
    /// - Returns: the namespaces that hear of it.
    func disconnect(from namespace: String) -> EventLoopFuture<[String]> {
        defer { drain() }
        _ = sendOutbox(all: true)
        do throws(SocketIOClientError) { try machine.disconnect(from: namespace, at: now) } catch {
            return eventLoop.makeFailedFuture(error)
        }
        return machine.isEnding ? whenClosed(0) : eventLoop.makeSucceededFuture([namespace])
    }

    /// Succeeds once there is no connection, and none will come by itself.
    ///
    /// - Parameter id: to give up by; 0 for who does not.
    func whenFinished(_ id: Int) -> EventLoopFuture<Void> {
        guard !machine.isIdle else { return eventLoop.makeSucceededVoidFuture() }
        let promise = eventLoop.makePromise(of: Void.self)
        waiters.waitForEnd(id, promise)
        return promise.futureResult
    }

    /// Whether there is no connection and none will come by itself; where one is ending, once it has.
    func whenIdle(_ id: Int) -> EventLoopFuture<Bool> {
        guard machine.isEnding else { return eventLoop.makeSucceededFuture(machine.isIdle) }
        return whenFinished(id).map { true }
    }

    /// As `whenFinished`, and once the server has closed the connection too: a program that ends before may take from
    /// it what it has not read yet.
    ///
    /// - Returns: the namespaces of the connection, also those that were left before its end.
    func whenClosed(_ id: Int) -> EventLoopFuture<[String]> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return whenFinished(id).flatMap {
            let connection = bound.value
            // Who waited to connect comes first.
            guard connection.machine.isIdle else { return connection.whenClosed(id) }
            let namespaces = Array(connection.machine.namespaces.keys)
            return connection.goodbye.map { namespaces }
        }
    }

    /// As `whenClosed`, and once the handlers have run that hear of it, which may connect again: then as before.
    func whenOver(_ id: Int, _ drain: @escaping HandlerLanes.Drain) -> EventLoopFuture<Void> {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        return whenClosed(id).flatMap(drain).flatMap {
            let connection = bound.value
            return connection.machine.isIdle
                ? connection.eventLoop.makeSucceededVoidFuture() : connection.whenOver(id, drain)
        }
    }

    /// Nobody waits any more for what was asked for by that id.
    func giveUp(_ id: Int) {
        let gone = waiters.take(id)
        for promise in gone.forEnd { promise.fail(CancellationError()) }
        for promise in gone.forJoin { promise.fail(CancellationError()) }
    }

    /// Whether a namespace is joined, once that is clear: at once, or after reconnecting.
    func whenJoined(_ namespace: String, _ id: Int) -> EventLoopFuture<Bool> {
        let promise = eventLoop.makePromise(of: Bool.self)
        waiters.waitForJoin(of: namespace, id, promise)
        tellJoined()
        return promise.futureResult
    }

    private func tellJoined() {
        let settled = waiters.takeForJoin { namespace in
            let isJoined = machine.isOpen && machine.namespaces[namespace]?.isJoined == true
            let isClear = isJoined || machine.isIdle || !machine.plan.namespaces.contains(namespace)
            return isClear ? isJoined : nil
        }
        for each in settled { each.promise.succeed(each.isJoined) }
    }

    func forget(_ request: AckRequest) {
        machine.forget(request, at: now)
        wasDisturbed = true
        drain()
    }

    /// There is something in the outbox.
    func takeOutbox() { drain() }

    /// There is room for more events.
    func lanesHaveRoom() {
        hop?.resumeReading()
        drain()
    }

    // MARK: Handing on

    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        var isSilent = false
        while !isSilent {
            isSilent = true
            while let event = hop?.nextEvent() {
                isSilent = false
                handle(event)
            }
            while let action = machine.nextAction() {
                isSilent = false
                carryOut(action)
            }
            if sendOutbox() { isSilent = false }
        }
        isDraining = false
        hop?.flush()
        updateState()
        let isCongested = hop?.isCongested ?? false
        if reporter.report(isCongested: isCongested) { wasDisturbed = true }
        // What does not leave now may have to be acknowledged before.
        if wasDisturbed || isCongested || !(hop?.isSteady ?? false) { schedule() }
    }

    /// Whether there was something to send. What the transport does not take yet stays where its limit counts it.
    ///
    /// - Parameter all: whether also what it does not take yet.
    private func sendOutbox(all: Bool = false) -> Bool {
        var hasSent = false
        while all || !(hop?.isCongested ?? false), let emission = state.next() {
            hasSent = true
            if machine.isPlainEmission(emission) {
                send(emission.packet(ackID: nil))
            } else {
                machine.emit(emission, at: now)
                wasDisturbed = true
                while let action = machine.nextAction() { carryOut(action) }
            }
        }
        if hasSent { reporter.invalidateCounts() }
        return hasSent
    }

    private func carryOut(_ action: ClientMachine.Action) {
        switch action {
        case .open: open()
        case .send(let packet): send(packet)
        case .close: close()
        case .deliver(let delivery): deliver(delivery)
        case .answer(let request, let answer): request.answer(answer)
        case .connected(let result):
            let completion = onConnect
            onConnect = nil
            updateState()
            completion?(result)
        case .endEvents:
            // In the lane of each, behind what has come.
            for name in registry.subscribedNamespaces { deliver(Delivery(namespace: name, kind: .finished)) }
        case .finished:
            source = nil
            ticket = nil
            updateState()
            logger.debug("disconnected")
            for promise in waiters.takeForEnd() { promise.succeed() }
        }
    }

    private func send(_ packet: SocketPacket) {
        guard let hop else { return }
        let now = now
        if packet.attachments.isEmpty { return hop.send(packet.text, at: now) }
        for message in packet.messages { hop.send(message, at: now) }
    }

    /// The state is brought up to date before a handler can see it.
    private func deliver(_ delivery: Delivery) {
        switch delivery.kind {
        case .event: break
        case .connect, .refused, .failed, .disconnect, .unreadable: updateState()
        case .finished:
            registry.endSubscriptions(of: delivery.namespace)
            updateState()
        }
        lanes.push(.delivery(delivery), to: .init(namespace: delivery.namespace))
    }

    private func updateState() {
        if reporter.report(machine, transport) { tellJoined() }
    }

    // MARK: Sessions

    private func open() {
        guard let source else { return }
        sessionCount += 1
        let count = sessionCount
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        asking = Task { [eventLoop, options] in
            let result: Result<(ConnectSource.Answer, Endpoint), any Error>
            do {
                let answer = try await source.ask()
                result = .success((answer, try Endpoint(answer, options)))
            } catch {
                result = .failure(error)
            }
            eventLoop.execute { bound.value.answered(result, count) }
        }
    }

    private func answered(_ result: Result<(ConnectSource.Answer, Endpoint), any Error>, _ count: Int) {
        guard count == sessionCount, asking != nil else { return }
        asking = nil
        do {
            let (answer, endpoint) = try result.get()
            self.answer = answer
            open(endpoint)
        } catch {
            let error =
                error as? SocketIOClientError
                ?? SocketIOClientError(
                    .invalidAddress, "what connect asks for could not be had: \(error)", cause: error)
            machine.failed(error, isHopeless: true, at: now)
        }
        drain()
    }

    private func open(_ endpoint: Endpoint) {
        reader = PacketReader(machine.configuration.limits)
        transport = options.transports.first ?? .polling
        pressure = Pressure()
        let hop = CallingHop(
            endpoint.request, headers: endpoint.headers, cookies: endpoint.cookies, subprotocols: [],
            transport: transport == .polling ? .polling : .webSocket, loop: transportLoop, dialer: endpoint.dialer,
            at: now)
        hop.owner = self
        self.hop = hop
    }

    private func close() {
        guard let hop else {
            asking?.cancel()
            asking = nil
            return machine.ended("", at: now)
        }
        hop.close(.orderly, at: now)
    }

    private func handle(_ event: HopEvent) {
        if case .deliver(let message) = event { return receive(message) }
        wasDisturbed = true
        switch event {
        case .deliver: return
        case .opened(let handshake): opened(handshake)
        case .upgraded:
            transport = .websocket
            reporter.invalidate()
            logger.debug("upgraded to WebSocket")
        case .refused(let response):
            letGo()
            machine.failed(.refused(response), at: now)
        case .failed(let failure):
            letGo()
            machine.failed(.failed(failure, options.requestTimeout), at: now)
        case .ended(let end):
            let wasOpening = answer != nil
            if end == .closedLocally, let lastGoodbye = hop?.lastGoodbye { goodbye = lastGoodbye }
            letGo()
            logger.debug("the session has ended", metadata: ["details": "\(end.details)"])
            if wasOpening, end != .closedLocally {
                machine.failed(.ended(end, options.requestTimeout), at: now)
            } else {
                machine.ended(end.details, at: now)
            }
        case .heartbeat: break
        }
    }

    private func opened(_ handshake: EngineHandshake) {
        pressure.longestPause = Pressure.longestPause(pingTimeout: handshake.pingTimeout)
        let auth = answer?.auth
        answer = nil
        logger.debug("connected", metadata: ["transport": "\(transport.rawValue)"])
        machine.opened(auth: auth, at: now)
        if transport == .polling, options.transports.contains(.websocket), handshake.upgrades.contains("websocket") {
            hop?.beginUpgrade(at: now)
        }
    }

    private func receive(_ message: EngineMessage) {
        do throws(PacketReader.Fault) {
            // What waits keeps all alive that was read together with it.
            let message = backlogBytes < Self.detachingBytes ? message : message.detached()
            guard let packet = try reader.read(message) else { return }
            let namespace = packet.namespace
            if machine.isPlainEvent(packet, in: namespace) {
                deliver(Delivery(namespace: namespace, kind: .event(packet), session: machine.session))
            } else {
                wasDisturbed = true
                machine.receive(packet, at: now)
            }
        } catch {
            wasDisturbed = true
            machine.receiveUnreadable(error.error, namespace: error.namespace, ack: error.ack, at: now)
            if error.isOfPacketBefore { receive(message) }
        }
    }

    private func letGo() {
        answer = nil
        guard let hop else { return }
        self.hop = nil
        hop.flush()
        hop.finish()
        hop.owner = nil
    }

    // MARK: Time

    private func schedule() {
        wasDisturbed = false
        if let deadline = machine.nextDeadline { timer.require(deadline) }
        if let deadline = hop?.nextDeadline { timer.require(deadline) }
        if let deadline = state.nextDeadline { timer.require(deadline) }
    }

    private func advance() {
        let now = now
        wasDisturbed = true
        for request in state.takeExpired(at: now) { request.answer(.failure(.notSentInTime)) }
        machine.advance(to: now)
        hop?.advance(to: now)
        if pressure.isHolding, mayRead { hop?.resumeReading() }
        drain()
    }

    // MARK: What the hop tells

    func callingHopProgressed() { drain() }

    var mayPoll: Bool { mayRead }

    /// Handlers that are slow hold up the server, but not its heartbeats for too long.
    private var mayRead: Bool {
        let bytes = lanes.bytes
        backlogBytes = bytes
        if bytes > machine.configuration.limits.waitingBytesLimit { overflow() }
        let isFull = bytes >= machine.configuration.limits.receiveBufferBytes
        let mayRead = pressure.mayRead(isCongested: isFull, at: now)
        if let deadline = pressure.deadline { timer.require(deadline) }
        return mayRead
    }

    private func overflow() {
        guard let hop, !hop.isEnded else { return }
        logger.error("the connection ends: handlers are too slow for what the server sends")
        hop.close(.abort, at: now)
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.drain() }
    }

    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: consuming ByteBuffer,
        frames: consuming ByteBuffer, at moment: Moment
    ) {
        guard let hop, hop.has(socket) else { return }
        if hop.isSteady, EngineMessage.isMessage(kind, payload) {
            hop.noteMessage(at: moment.monotonic)
            receive(EngineMessage(packet: kind, payload, frames: nil))
            while let action = machine.nextAction() { carryOut(action) }
            return
        }
        hop.receive(kind, payload, frames: frames, at: moment.monotonic)
        // The WebSocket may have ended with it, and does not tell then that it has been read.
        drain()
    }

    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?
    ) {
        guard let hop, hop.has(socket) else { return }
        hop.closed(code: code, reason: reason, isClean: isClean, at: now)
        drain()
    }

    func webSocketDidRead(_ socket: WebSocketHandler) { drain() }

    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool { mayRead }

    func webSocketWritabilityChanged(_ socket: WebSocketHandler) { drain() }

    func webSocketOverflowed(_ socket: WebSocketHandler) {
        hop?.close(.abort, at: now)
        drain()
    }
}
