import EngineIOTransport
import EngineIOCore
import LosslessJSON
import Logging
import NIOCore
import NIOHTTP1
import SiphonCore
import SocketIOCore
import WebSocketCodec

/// One Socket.IO connection: the client's hop, the upstream's hop that belongs to it, and the bridge between.
///
/// The hops do input and output, the bridge decides; this hands on what one says to the others, opens both, and ends
/// both. Everything runs on one event loop.
final class SocketIOConnection: ProxiedConnection, ServingConnection {
    let id: ConnectionID
    private(set) var sid: String?

    private let loop: ProxyLoop
    private let handshake: ClientHandshake
    private let bridge: Bridge
    private let clientHop: ServingHop
    private let upstreamHop: CallingHop
    private let openedAt: Int64
    private var closedAt: Int64?
    private var closeReason: String?
    private var opening: Opening?
    private let injections: InjectionWaiters
    private let timer: DeadlineTimer

    private var isDraining = false
    /// Whether this burst brought something that a session had to be asked about, which may have moved its deadline.
    private var wasDisturbed = false
    private var isFinished = false
    private var pressureOnClient = Pressure()
    private var pressureOnUpstream = Pressure()
    /// A POST whose messages the upstream's hop cannot take yet: its answer, and so the client's next, waits.
    private var heldPost: (exchange: ExchangeID, body: ByteBuffer)?

    init(id: ConnectionID, handshake: ClientHandshake, loop: ProxyLoop, at moment: Moment) {
        self.id = id
        self.loop = loop
        self.handshake = handshake
        openedAt = moment.wall
        let transport = loop.upstreamTransport(for: handshake.transport)
        bridge = Bridge(
            connection: id, transport: handshake.transport, chain: loop.chain, recorder: loop.recorder,
            limits: loop.limits, isStrict: loop.configuration.isStrict)
        bridge.upstreamTransport = transport
        clientHop = ServingHop(loop: loop.transport)
        upstreamHop = CallingHop(
            handshake.request,
            headers: loop.headers.engineRequest(handshake.headers, clientAddress: handshake.clientAddress),
            cookies: CookieJar(clientHeaders: handshake.headers), subprotocols: handshake.headers.subprotocols,
            transport: transport, loop: loop.transport, dialer: loop.dialer, at: moment.monotonic)
        injections = InjectionWaiters(eventLoop: loop.eventLoop)
        timer = DeadlineTimer(eventLoop: loop.eventLoop)
        upstreamHop.owner = self
        timer.onDeadline = advance
        bridge.output = self
    }

    // MARK: The client's requests

    /// Begins with the upstream's handshake; the client's request is answered when that has succeeded or failed.
    func open(for client: ClientHandler, exchange: ExchangeID) {
        let moment = loop.clock.now()
        opening = Opening(
            client: client, exchange: exchange, transport: handshake.transport, webSocketKey: handshake.webSocketKey)
        bridge.recordLifecycle(.handshake, from: .client, list: handshake.summary, at: moment)
        drain(at: moment)
    }

    func receivePoll(_ exchange: ExchangeID, from client: ClientHandler) {
        let moment = loop.clock.now()
        clientHop.receivePoll(exchange, from: client, at: moment.monotonic)
        drain(at: moment)
    }

    /// Returns whether the body is wanted; where it is not, the request has been answered.
    func beginPost(_ exchange: ExchangeID, contentType: String?, from client: ClientHandler) -> Bool {
        let moment = loop.clock.now()
        let isWanted = clientHop.beginPost(exchange, contentType: contentType, from: client, at: moment.monotonic)
        drain(at: moment)
        return isWanted
    }

    /// Largest body of a POST, in bytes.
    var postBytesLimit: Int { clientHop.messageBytesLimit }

    /// `body` is nil where it was larger than allowed.
    func finishPost(_ exchange: ExchangeID, body: ByteBuffer?) {
        if let body, closedAt == nil, !mayRead(from: .client) {
            heldPost = (exchange, body)
            return schedule()
        }
        let moment = loop.clock.now()
        clientHop.finishPost(exchange, body: body, at: moment.monotonic)
        drain(at: moment)
    }

    /// The upstream is asked for an upgrade only when the client has completed its own, so the first of
    /// `subprotocols` is chosen here, as the usual server does (ws of Node.js).
    func openWebSocket(_ exchange: ExchangeID, key: String, subprotocols: [String], from client: ClientHandler) {
        let moment = loop.clock.now()
        upstreamHop.subprotocols = subprotocols
        clientHop.openWebSocket(
            exchange, key: key, subprotocol: subprotocols.first, client: client, owner: self, at: moment.monotonic)
        drain(at: moment)
    }

    /// The client's connection went away with that request unanswered.
    func abandon(_ exchange: ExchangeID) {
        let moment = loop.clock.now()
        if heldPost?.exchange == exchange { heldPost = nil }
        if opening?.exchange == exchange {
            opening = nil
            end(reason: "the client gave up before the upstream answered", side: .client, at: moment)
            upstreamHop.close(.abort, at: moment.monotonic)
            upstreamHop.finish()
        } else {
            clientHop.abandon(exchange, at: moment.monotonic)
        }
        drain(at: moment)
    }

    // MARK: Handing on

    /// Hands on what hops and bridge say until they are silent, then writes it out.
    private func drain(at moment: Moment) {
        guard !isDraining else { return }
        carryOut(at: moment)
        flush()
        schedule()
        finishIfEnded()
        resumeWhereHeld()
    }

    private func flush() {
        clientHop.flush()
        upstreamHop.flush()
        loop.scheduleRecorderFlush()
    }

    private func carryOut(at moment: Moment) {
        isDraining = true
        var isSilent = false
        while !isSilent {
            isSilent = true
            while let event = upstreamHop.nextEvent() {
                isSilent = false
                handle(event, from: .upstream, at: moment)
            }
            while let event = clientHop.nextEvent() {
                isSilent = false
                handle(event, from: .client, at: moment)
            }
        }
        isDraining = false
    }

    private func handle(_ event: HopEvent, from side: Side, at moment: Moment) {
        switch event {
        case .deliver(let message): bridge.receive(message, from: side, at: moment)
        case .heartbeat: bridge.recordLifecycle(side == .client ? .pong : .ping, from: side, at: moment)
        case .upgraded: upgraded(side, at: moment)
        case .opened(let handshake): opened(handshake, at: moment)
        case .refused(let response): refuse(with: response, at: moment)
        case .failed(let failure):
            if failure == .noDescriptors { opening?.client.closeAfterResponse() }
            fail(failure.status, failure.sentence(upstream: loop.configuration.upstream), at: moment)
        case .ended(let end): ended(end, side, at: moment)
        }
    }

    private func upgraded(_ side: Side, at moment: Moment) {
        switch side {
        case .client:
            bridge.clientTransport = .webSocket
            if loop.mirrorsTransport { upstreamHop.beginUpgrade(at: moment.monotonic) }
        case .upstream: bridge.upstreamTransport = .webSocket
        }
        bridge.recordLifecycle(.upgrade, from: side, list: [["transport": "websocket"]], at: moment)
    }

    // MARK: Opening

    /// The upstream session is open: now the client's handshake succeeds.
    private func opened(_ upstream: EngineHandshake, at moment: Moment) {
        guard let opening else { return upstreamHop.close(.orderly, at: moment.monotonic) }
        self.opening = nil
        let messageBytesLimit = min(upstream.maxPayload ?? loop.limits.messageBytes, loop.limits.messageBytes)
        let sid = loop.register(self, upstreamSID: upstream.sid, messageBytesLimit: messageBytesLimit)
        self.sid = sid
        var own = upstream
        own.sid = sid
        let isUpgradable = bridge.upstreamTransport == .webSocket || upstream.upgrades.contains("websocket")
        own.upgrades = opening.transport == .polling && isUpgradable ? ["websocket"] : []
        bridge.messageBytesLimit = upstream.maxPayload
        own.maxPayload = upstream.maxPayload.map { _ in messageBytesLimit }
        pressureOnClient.longestPause = Pressure.longestPause(pingTimeout: upstream.pingTimeout)
        pressureOnUpstream.longestPause = pressureOnClient.longestPause
        bridge.recordLifecycle(.open, from: .upstream, list: [.openPacket(upstream)], at: moment)
        let headers = upstreamHop.handshakeHeaders
        clientHop.open(
            own, for: opening,
            headers: SessionHeaders(
                first: loop.headers.handshakeResponse(headers), each: loop.headers.sessionResponse(headers)),
            subprotocol: headers.first(name: "sec-websocket-protocol"), owner: self, at: moment.monotonic)
    }

    /// The upstream said no: the client gets its answer as it was.
    private func refuse(with response: HTTPResponse, at moment: Moment) {
        let status = response.head.status
        var headers = loop.headers.passingResponse(response.head.headers, proxyOrigin: handshake.proxyOrigin)
        headers.remove(name: "Content-Length")
        giveUpOpening("the upstream refused the handshake: \(status.code)", at: moment)?.respond(
            status, headers: headers, body: response.body)
    }

    private func fail(_ status: HTTPResponseStatus, _ sentence: String, at moment: Moment) {
        giveUpOpening(sentence, at: moment)?.respond(
            status, headers: handshake.headers.crossOriginAnswer, text: "Siphon: \(sentence)\n")
    }

    /// Ends a connection that never opened and returns who waits for an answer.
    private func giveUpOpening(_ reason: String, at moment: Moment) -> ClientHandler? {
        let client = opening?.client
        opening = nil
        end(reason: reason, side: .upstream, at: moment)
        upstreamHop.close(.abort, at: moment.monotonic)
        upstreamHop.finish()
        return client
    }

    // MARK: Ending (protocol reference, close mapping)

    private func ended(_ end: SessionEnd, _ side: Side, at moment: Moment) {
        guard opening == nil else { return failOpening(end, at: moment) }
        self.end(reason: end.sentence, side: side, isPeers: true, at: moment)
        switch side {
        case .client: upstreamHop.close(end.mapped, at: moment.monotonic)
        case .upstream: clientHop.close(end.mapped, at: moment.monotonic)
        }
    }

    /// The upstream agreed to a WebSocket and ended it before its session was open.
    private func failOpening(_ error: WebSocketError?) {
        let fault = error.map { "broke the WebSocket protocol (\($0.code))" } ?? "closed the WebSocket"
        fail(
            .badGateway, "the upstream \(loop.configuration.upstream) \(fault) before its session was open",
            at: loop.clock.now())
    }

    private func failOpening(_ end: SessionEnd, at moment: Moment) {
        switch end {
        case .notOpened:
            fail(
                .gatewayTimeout, "the upstream accepted the connection and did not answer the handshake in time",
                at: moment)
        case .lost, .closedByPeer, .webSocketClosed:
            fail(.badGateway, "the upstream ended the connection before its session was open", at: moment)
        case .pingTimeout, .protocolViolation, .refused, .closedLocally, .queueFull:
            fail(.badGateway, "the upstream's handshake is no Engine.IO: \(end.sentence)", at: moment)
        }
    }

    /// Notes the first reason; later ones follow from it.
    ///
    /// - Parameter isPeers: whether that side ended it, not Siphon.
    private func end(reason: String, side: Side, isPeers: Bool = false, at moment: Moment) {
        guard closedAt == nil else { return }
        closedAt = moment.wall
        closeReason = reason
        bridge.close(by: isPeers ? side : nil, at: moment)
        bridge.recordLifecycle(.close, from: side, list: [["reason": JSONValue(reason)]], at: moment)
        injections.failAll(.connectionClosed)
        loop.connectionClosed(self)
    }

    private func closeHops(_ kind: ClosingKind, at moment: Moment) {
        clientHop.close(kind, at: moment.monotonic)
        upstreamHop.close(kind, at: moment.monotonic)
    }

    /// Lets go of everything once both sessions are over.
    private func finishIfEnded() {
        guard !isFinished, closedAt != nil, upstreamHop.isEnded, clientHop.isFinished else { return }
        isFinished = true
        timer.cancel()
        clientHop.finish()
        upstreamHop.finish()
        upstreamHop.owner = nil
        bridge.output = nil
        loop.remove(self)
    }

    // MARK: Time

    private func schedule() {
        if let deadline = upstreamHop.nextDeadline { timer.require(deadline) }
        if let deadline = clientHop.nextDeadline { timer.require(deadline) }
        if let deadline = bridge.nextDeadline { timer.require(deadline) }
        if let deadline = pressureOnClient.deadline { timer.require(deadline) }
        if let deadline = pressureOnUpstream.deadline { timer.require(deadline) }
    }

    private func advance() {
        let moment = loop.clock.now()
        upstreamHop.advance(to: moment.monotonic)
        clientHop.advance(to: moment.monotonic)
        bridge.advance(to: moment)
        for side in Side.allCases { pressureChanged(towards: side) }
        drain(at: moment)
    }

    // MARK: Back-pressure

    var mayReadFromClient: Bool { mayRead(from: .client) }

    /// Whether more may be read from `side`: the other hop takes what comes and rules keep little of it back, or
    /// reading has been held back for so long that a heartbeat behind the unread bytes would be missed.
    func mayRead(from side: Side) -> Bool {
        let isCongested = bridge.isCongested(from: side)
        switch side {
        case .client:
            return pressureOnUpstream.mayRead(
                isCongested: isCongested || upstreamHop.isCongested, at: loop.clock.now().monotonic)
        case .upstream:
            return pressureOnClient.mayRead(
                isCongested: isCongested || clientHop.isCongested, at: loop.clock.now().monotonic)
        }
    }

    private func pressureChanged(towards side: Side) {
        guard mayRead(from: side.other) else { return }
        switch side {
        case .client: upstreamHop.resumeReading()
        case .upstream:
            if let held = heldPost {
                heldPost = nil
                finishPost(held.exchange, body: held.body)
            }
            clientHop.resumeReading()
        }
    }

    /// What is held back goes on as soon as the other hop takes more, or nothing more can come of waiting.
    private func resumeWhereHeld() {
        if pressureOnClient.isHolding { pressureChanged(towards: .client) }
        if pressureOnUpstream.isHolding || (heldPost != nil && closedAt != nil) { pressureChanged(towards: .upstream) }
    }

    // MARK: The inspector

    func inject(_ injection: Injection, waiter: InjectionWaiter) {
        let moment = loop.clock.now()
        guard closedAt == nil else { return waiter.fail(.connectionClosed) }
        do throws(ControlError) {
            let pending = try bridge.inject(injection, at: moment)
            guard let event = loop.flushRecorder() else { return waiter.fail(.connectionClosed) }
            waiter.event = event
            if let pending {
                injections.add(waiter, for: pending, timeout: injection.timeout) { [bridge] in bridge.giveUp(pending) }
            } else {
                waiter.succeed()
            }
        } catch {
            waiter.fail(error)
        }
        drain(at: moment)
    }

    func disconnect(namespace: String) throws(ControlError) {
        let moment = loop.clock.now()
        try bridge.disconnect(namespace: namespace, at: moment)
        drain(at: moment)
    }

    /// Ends both hops: cuts them, or in good order.
    func disconnect(abruptly: Bool, reason: String) {
        let moment = loop.clock.now()
        let client = opening?.client
        opening = nil
        end(reason: reason, side: .upstream, at: moment)
        closeHops(abruptly ? .abort : .orderly, at: moment)
        client?.respond(.serviceUnavailable, text: "Siphon: \(reason)\n")
        drain(at: moment)
    }

    var isClosed: Bool { closedAt != nil }

    func snapshot(withHeaders: Bool) -> ConnectionSnapshot {
        ConnectionSnapshot(
            id: id, protocolName: .socketIO, openedAt: openedAt, closedAt: closedAt, closeReason: closeReason,
            clientAddress: handshake.clientAddress, clientTransport: bridge.clientTransport,
            upstreamTransport: bridge.upstreamTransport, engineVersion: 4,
            userAgent: handshake.headers.first(name: "user-agent"), upstreamSID: upstreamHop.sid,
            namespaces: bridge.joinedNamespaces, eventsFromClient: bridge.eventsFromClient,
            eventsFromUpstream: bridge.eventsFromUpstream,
            handshakeHeaders: withHeaders ? handshake.headers.map { ($0.name, $0.value) } : [],
            handshakeTarget: handshake.target)
    }
}

// MARK: - What bridge and hops tell

extension SocketIOConnection: BridgeOutput {
    func bridge(sends message: borrowing EngineMessage, to side: Side, at moment: Moment) {
        switch side {
        case .client: clientHop.send(message, at: moment.monotonic)
        case .upstream: upstreamHop.send(message, at: moment.monotonic)
        }
    }

    func bridge(acknowledges injection: PendingInjection, by packet: SocketPacket, after latency: TimeAmount) {
        injections.succeed(injection, by: packet, after: latency)
    }

    func bridge(abandons injection: PendingInjection) {
        injections.fail(injection, .namespaceNotJoined(injection.namespace))
    }

    func bridge(overflows side: Side, at moment: Moment) {
        let reason = "rules keep back more than allowed of what the \(side.word) sent"
        end(reason: reason, side: side, at: moment)
        closeHops(.webSocket(code: 1011, reason: "Siphon: \(reason)"), at: moment)
    }

    func bridge(disconnects method: DisconnectMethod, because rule: RuleID, at moment: Moment) {
        let reason = "ended by rule \(rule)"
        switch method {
        case .namespace(let name): try? bridge.disconnect(namespace: name, rule: rule, at: moment)
        case .transport:
            end(reason: reason, side: .upstream, at: moment)
            closeHops(.abort, at: moment)
        case .server:
            end(reason: reason, side: .upstream, at: moment)
            closeHops(.orderly, at: moment)
        }
    }

    func bridge(refuses side: Side, error: SocketIOError, at moment: Moment) {
        end(reason: "packet refused by --strict: \(error.code.rawValue)", side: side, at: moment)
        closeHops(.abort, at: moment)
    }
}

extension SocketIOConnection: CallingHopOwner {
    func callingHopProgressed() {
        clientHop.add(cookies: upstreamHop.takeCookies().map(loop.headers.cookie))
        drain(at: loop.clock.now())
    }

    var mayPoll: Bool { mayRead(from: .upstream) }
}

extension SocketIOConnection: WebSocketOwner {
    /// Writing out is left to the end of the burst.
    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: consuming ByteBuffer,
        frames: consuming ByteBuffer, at moment: Moment
    ) {
        let isFromUpstream = upstreamHop.has(socket)
        let isSteady = isFromUpstream ? upstreamHop.isSteady : clientHop.isSteady(on: socket)
        if isSteady, EngineMessage.isMessage(kind, payload) {
            if isFromUpstream { upstreamHop.noteMessage(at: moment.monotonic) }
            return bridge.receive(
                EngineMessage(packet: kind, payload, frames: frames), from: isFromUpstream ? .upstream : .client,
                at: moment)
        }
        if isFromUpstream {
            upstreamHop.receive(kind, payload, frames: frames, at: moment.monotonic)
        } else {
            clientHop.receive(kind, payload, frames: frames, on: socket, at: moment.monotonic)
        }
        wasDisturbed = true
        if !isDraining { carryOut(at: moment) }
    }

    func webSocketDidRead(_ socket: WebSocketHandler) {
        guard wasDisturbed || !isUndisturbed else { return flush() }
        wasDisturbed = false
        drain(at: loop.clock.now())
    }

    /// Whether messages cross and nothing else is going on: no session has anything to say, and no deadline moved to
    /// before one that is watched already.
    private var isUndisturbed: Bool {
        upstreamHop.isSteady && clientHop.isSteady && closedAt == nil && !isDraining && bridge.nextDeadline == nil
            && !pressureOnClient.isHolding && !pressureOnUpstream.isHolding
    }

    /// A side takes nothing while the other had to be read for its heartbeats, or asks without reading the answers.
    func webSocketOverflowed(_ socket: WebSocketHandler) {
        let moment = loop.clock.now()
        end(
            reason: SessionEnd.queueFull.sentence, side: upstreamHop.has(socket) ? .upstream : .client, at: moment)
        closeHops(SessionEnd.queueFull.mapped, at: moment)
        drain(at: moment)
    }

    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?
    ) {
        let moment = loop.clock.now()
        if let error {
            loop.log.debug("a WebSocket broke RFC 6455", metadata: ["connection": "\(id)", "code": "\(error.code)"])
        }
        if upstreamHop.has(socket) {
            if opening != nil { failOpening(error) }
            upstreamHop.closed(code: code, reason: reason, isClean: isClean, at: moment.monotonic)
        } else {
            clientHop.closed(socket, code: code, reason: reason, isClean: isClean, at: moment.monotonic)
        }
        drain(at: moment)
    }

    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool {
        let mayRead = mayRead(from: upstreamHop.has(socket) ? .upstream : .client)
        if !mayRead { schedule() }
        return mayRead
    }

    func webSocketWritabilityChanged(_ socket: WebSocketHandler) {
        pressureChanged(towards: upstreamHop.has(socket) ? .upstream : .client)
    }
}
