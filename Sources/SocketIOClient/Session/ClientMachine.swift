import LosslessJSON
import NIOCore
import SocketIOCore

/// The client's part of Socket.IO on top of an Engine.IO session: which namespaces are joined, what waits for an ack,
/// and when to connect again.
///
/// Does no I/O and reads no clock. The shell carries out the actions in their order, opens one session at a time, and
/// reports what becomes of it.
struct ClientMachine {
    private enum Phase {
        case idle
        /// The session is being opened.
        case opening
        /// The session is open. Until the time the namespaces have to be joined; nil once they are, or need not be.
        case open(joinsBy: NIODeadline?)
        /// Before the next attempt.
        case pausing(until: NIODeadline)
        /// Closed here: the session's end is all that still comes.
        case closing(then: Next)
    }

    /// What follows when a session that was closed here has ended.
    private enum Next {
        case finish
        /// The attempt failed for that reason.
        case fail(SocketIOClientError)
    }

    let configuration: Configuration
    private(set) var plan = Plan()
    var namespaces: [String: NamespaceSession] = [:]
    private var phase = Phase.idle { didSet { version += 1 } }
    /// Changes with everything that can be asked below, but for what waits.
    private(set) var version = 0
    var acks = AckTable()
    /// Counts the sessions that were opened.
    private(set) var session = 0
    /// How many attempts to reconnect there were since the last that succeeded.
    private var attempt = 0
    /// Whether `connect` waits to be told.
    private var isConnectPending = false
    /// Whether there has been a connection since `connect`.
    private var wasConnected = false
    private var actions = CircularBuffer<Action>()

    /// Bytes of emissions that wait for a connection or, with retries, for the ack before theirs.
    var waitingBytes = 0

    init(configuration: Configuration) { self.configuration = configuration }

    // MARK: State

    var isIdle: Bool {
        if case .idle = phase { true } else { false }
    }

    /// Whether a session that was closed here is about to end, and nothing will follow.
    var isEnding: Bool {
        if case .closing(.finish) = phase { true } else { false }
    }

    /// Whether the session is open and no side has closed it.
    var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// Whether there is no connection and another attempt will come.
    var isReconnecting: Bool {
        switch phase {
        case .pausing: true
        case .closing(.fail): mayTryAgain
        case .opening: wasConnected || attempt > 0
        case .idle, .open, .closing(.finish): false
        }
    }

    var pendingAcks: Int { acks.count }

    /// When `advance(to:)` has something to do at the earliest; nil for never.
    var nextDeadline: NIODeadline? {
        let own: NIODeadline? =
            switch phase {
            case .open(let by): by
            case .pausing(let until): until
            case .idle, .opening, .closing: nil
            }
        guard let ack = acks.nextDeadline else { return own }
        return own.map { min($0, ack) } ?? ack
    }

    /// The next thing to do, in order; nil when all is done.
    mutating func nextAction() -> Action? { actions.popFirst() }

    mutating func push(_ action: Action) { actions.append(action) }

    // MARK: Connecting

    mutating func connect(_ plan: Plan) throws(SocketIOClientError) {
        guard isIdle else {
            throw .alreadyConnected
        }
        self.plan = plan
        var sessions: [String: NamespaceSession] = [:]
        for name in plan.namespaces {
            sessions[name] = namespaces[name] ?? NamespaceSession(name: name)
            sessions[name]?.recoveryID = nil
            sessions[name]?.offset = nil
        }
        dropWaiting(where: { sessions[$0] == nil })
        namespaces = sessions
        attempt = 0
        isConnectPending = true
        wasConnected = false
        phase = .opening
        push(.open)
    }

    /// The session is open.
    ///
    /// - Parameter auth: what the CONNECT of each namespace carries; nil for nothing.
    mutating func opened(auth: SocketIOValue?, at now: NIODeadline) {
        guard case .opening = phase else { return }
        session += 1
        phase = .open(joinsBy: plan.waits ? now + plan.waitTimeout : nil)
        for name in plan.namespaces {
            guard var session = namespaces[name] else { continue }
            session.state = .pending
            session.isRecovered = false
            session.forgetEarly()
            let payload = session.connectPayload(auth: auth)
            namespaces[name] = session
            push(.send(SocketPacket(kind: .connect, namespace: name, payload: payload)))
        }
        guard !plan.waits else { return }
        wasConnected = true
        completeConnect(.success(()))
    }

    /// The session could not be opened.
    ///
    /// - Parameter isHopeless: whether that is for what `connect` was given, and no fault of the network or the server.
    mutating func failed(_ error: SocketIOClientError, isHopeless: Bool = false, at now: NIODeadline) {
        switch phase {
        case .opening: failAttempt(error, isHopeless: isHopeless, at: now)
        case .closing(let next): closed(next, at: now)
        case .idle, .open, .pausing: return
        }
    }

    /// The session has ended.
    ///
    /// - Parameter details: how, for people.
    mutating func ended(_ details: String, at now: NIODeadline) {
        switch phase {
        case .idle, .pausing: return
        case .opening:
            failAttempt(SocketIOClientError(.connectionFailed, "the connection broke before it was open"), at: now)
        case .closing(let next): closed(next, at: now)
        case .open(let joinsBy):
            leaveAll(.transportError, details: details)
            guard joinsBy == nil else {
                let error = SocketIOClientError(
                    .connectionFailed, "the connection ended before the namespaces were joined: \(details)")
                return failAttempt(error, at: now)
            }
            if configuration.reconnects { pause(at: now) } else { finish() }
        }
    }

    private mutating func closed(_ next: Next, at now: NIODeadline) {
        switch next {
        case .finish: finish()
        case .fail(let error): failAttempt(error, at: now)
        }
    }

    /// `connect` has done what it should; from here on a loss is followed by attempts to reconnect.
    private mutating func connected() {
        attempt = 0
        wasConnected = true
        completeConnect(.success(()))
    }

    private mutating func completeConnect(_ result: Result<Void, SocketIOClientError>) {
        guard isConnectPending else { return }
        isConnectPending = false
        push(.connected(result))
    }

    private mutating func failAttempt(_ error: SocketIOClientError, isHopeless: Bool = false, at now: NIODeadline) {
        // Who refused a namespace has told its handlers.
        if error.code != .namespaceRefused {
            for name in plan.namespaces { deliver(.failed(error), name) }
        }
        guard mayTryAgain, wasConnected || !isHopeless else {
            completeConnect(.failure(error))
            return finish()
        }
        pause(at: now)
    }

    /// Whether an attempt that fails is followed by another.
    private var mayTryAgain: Bool {
        let isLast = configuration.reconnectionAttempts > 0 && attempt >= configuration.reconnectionAttempts
        return (wasConnected ? configuration.reconnects : plan.retries) && !isLast
    }

    private mutating func pause(at now: NIODeadline) {
        attempt += 1
        phase = .pausing(until: now + configuration.backoff.delay(before: attempt, random: configuration.random()))
    }

    private mutating func finish() {
        phase = .idle
        completeConnect(.failure(.disconnectedWhileConnecting))
        dropWaiting(where: { _ in true })
        for request in acks.removeAll() { push(.answer(request, .failure(.disconnected))) }
        version += 1
        if wasConnected { push(.endEvents) }
        push(.finished)
    }

    // MARK: Packets

    /// Whether a packet is an event that only has to be handed on: the shell may do that without asking further.
    func isPlainEvent(_ packet: borrowing SocketPacket, in namespace: String) -> Bool {
        guard packet.kind.isEvent, isOpen, actions.isEmpty, let session = namespaces[namespace] else { return false }
        return session.isJoined && session.recoveryID == nil
    }

    /// A packet, or what should be one, cannot be read. It is left out.
    ///
    /// - Parameters:
    ///   - namespace: whose it is; nil where that cannot be read either.
    ///   - ack: what it answers, where it is an ack.
    mutating func receiveUnreadable(
        _ error: SocketIOClientError, namespace: String? = nil, ack: AckTable.Key? = nil, at now: NIODeadline
    ) {
        guard isOpen, let first = plan.namespaces.first else { return }
        let known = namespace.flatMap { plan.namespaces.contains($0) ? $0 : nil }
        deliver(.unreadable(error), known ?? first)
        if let ack { receive(.failure(error), for: ack, at: now) }
    }

    /// Whether an emission only has to be sent: the shell may do that without asking further.
    func isPlainEmission(_ emission: borrowing Emission) -> Bool {
        guard emission.ackRequest == nil, !emission.isVolatile, isOpen, actions.isEmpty else { return false }
        switch emission.kind {
        case .ack(_, session: let session): guard session == self.session else { return false }
        case .event: guard configuration.retries == 0 else { return false }
        }
        return namespaces[emission.namespace]?.isJoined ?? false
    }

    mutating func receive(_ packet: SocketPacket, at now: NIODeadline) {
        guard isOpen else { return }
        let name = packet.namespace
        switch packet.kind {
        case .event, .binaryEvent: receiveEvent(packet, name)
        case .ack, .binaryAck: if let key = AckTable.Key(of: packet) { receive(.success(packet), for: key, at: now) }
        case .connect: join(packet, name, at: now)
        case .connectError: refuse(packet, name, at: now)
        case .disconnect: leave(name, at: now)
        }
    }

    private mutating func receiveEvent(_ packet: SocketPacket, _ name: String) {
        guard let index = namespaces.index(forKey: name) else { return }
        switch namespaces.values[index].state {
        case .joined:
            if namespaces.values[index].recoveryID != nil { namespaces.values[index].noteOffset(of: packet) }
            deliver(.event(packet), name)
        case .pending:
            let bytes = namespaces.values[index].earlyBytes + packet.sizeBytes + Emission.overheadBytes
            guard bytes <= configuration.limits.waitingBytesLimit else {
                let details = "the server sent too much for \(name) before it answered for it"
                return giveUp(SocketIOClientError(.receiveBufferFull, details), details: details)
            }
            namespaces.values[index].earlyBytes = bytes
            namespaces.values[index].early.append(packet.detached())
        case .idle, .refused, .left: return
        }
    }

    private mutating func join(_ packet: SocketPacket, _ name: String, at now: NIODeadline) {
        guard var session = namespaces[name], session.state == .pending else { return }
        let answer = try? packet.parsedPayload()
        guard let sid = answer?["sid"]?.string else {
            let details = "the server let in without an id, as Socket.IO 2 does: this client knows Socket.IO 3 and 4"
            return giveUp(SocketIOClientError(.protocolViolation, details), details: details)
        }
        let recoveryID = answer?["pid"]?.string
        session.state = .joined(sid: sid)
        if !plan.waits { attempt = 0 }
        session.isRecovered = recoveryID != nil && recoveryID == session.recoveryID
        if !session.isRecovered { session.offset = nil }
        session.recoveryID = recoveryID
        for event in session.early {
            session.noteOffset(of: event)
            deliver(.event(event), name)
        }
        session.forgetEarly()
        namespaces[name] = session
        deliver(.connect, name)
        sendWaiting(name, at: now)
        noteAnswer(at: now)
    }

    private mutating func refuse(_ packet: SocketPacket, _ name: String, at now: NIODeadline) {
        guard let session = namespaces[name], session.state == .pending || session.isJoined else { return }
        let refusal = Refusal(packet)
        namespaces[name]?.state = .refused(refusal)
        namespaces[name]?.forgetEarly()
        deliver(.refused(refusal), name)
        failAcks(of: name)
        goOn(without: name, at: now)
    }

    private mutating func leave(_ name: String, at now: NIODeadline) {
        guard let session = namespaces[name], session.state == .pending || session.isJoined else { return }
        namespaces[name]?.state = .left
        namespaces[name]?.recoveryID = nil
        namespaces[name]?.forgetEarly()
        if session.isJoined {
            deliver(.disconnect(.serverDisconnect, details: "the server ended it"), name)
        } else {
            deliver(.failed(SocketIOClientError(.namespaceRefused, "the server ended it before it was joined")), name)
        }
        failAcks(of: name)
        goOn(without: name, at: now)
    }

    /// The server has ended a namespace: where the connection goes on, nothing waits for it any more.
    private mutating func goOn(without name: String, at now: NIODeadline) {
        noteAnswer(at: now)
        closeIfLeft()
        if isOpen { dropWaiting(where: { $0 == name }) }
    }

    /// Goes on where all namespaces have been answered.
    private mutating func noteAnswer(at now: NIODeadline) {
        guard case .open(.some) = phase else { return }
        guard !plan.namespaces.contains(where: { namespaces[$0]?.state == .pending }) else {
            return phase = .open(joinsBy: now + plan.waitTimeout)
        }
        guard plan.namespaces.allSatisfy({ namespaces[$0]?.isJoined == true }) else { return giveUpJoining() }
        phase = .open(joinsBy: nil)
        connected()
    }

    /// Not all namespaces could be joined in time: the whole attempt has failed.
    private mutating func giveUpJoining() {
        let ended = plan.namespaces.filter { namespaces[$0]?.isOver == true }
        let silent = plan.namespaces.filter { namespaces[$0]?.state == .pending }
        let timeout = SocketIOClientError(
            .timeout,
            "the server did not answer for \(silent.joined(separator: ", ")) within "
                + "\(plan.waitTimeout.seconds) s: does it know Socket.IO 4? waitTimeout: allows it more time")
        if !ended.isEmpty { for name in silent { deliver(.failed(timeout), name) } }
        giveUp(ended.isEmpty ? timeout : refusal(of: ended), details: "not all namespaces could be joined")
    }

    /// - Parameter ended: the namespaces that the server refused, or let in and ended.
    private func refusal(of ended: [String]) -> SocketIOClientError {
        var (sentences, logged): ([String], [String]) = ([], [])
        var data: SocketIOValue?
        for name in ended {
            let refusal = namespaces[name]?.refusal
            let sentence = "the server \(refusal == nil ? "ended" : "refused") \(name)"
            let said = refusal?.data.map { ": \($0)" } ?? ""
            logged.append(sentence)
            sentences.append(sentence + said.cut(to: Self.refusalLength))
            data = data ?? refusal?.data
        }
        return SocketIOClientError(
            .namespaceRefused, sentences.joined(separator: "; "), logged: logged.joined(separator: "; "), data: data)
    }

    /// How many characters of what a server says in a refusal are quoted.
    private static let refusalLength = 500

    /// Closes a connection that is of no use. Another attempt follows where one would follow a loss.
    private mutating func giveUp(_ error: SocketIOClientError, details: String) {
        leaveAll(.clientDisconnect, details: details, tells: true)
        phase = .closing(then: .fail(error))
        push(.close)
    }

    /// The server has ended the last namespace: a connection without one is of no use.
    private mutating func closeIfLeft() {
        guard isOpen, plan.namespaces.allSatisfy({ namespaces[$0]?.isOver == true }) else { return }
        phase = .closing(then: .finish)
        push(.close)
    }

    /// Ends all namespaces on this side.
    ///
    /// - Parameter tells: whether the server is told.
    private mutating func leaveAll(_ reason: DisconnectReason, details: String, tells: Bool = false) {
        for name in plan.namespaces {
            guard let session = namespaces[name] else { continue }
            if tells, session.isJoined || session.state == .pending {
                push(.send(SocketPacket(kind: .disconnect, namespace: name, payload: [])))
            }
            if session.isJoined { deliver(.disconnect(reason, details: details), name) }
            namespaces[name]?.state = .idle
            namespaces[name]?.forgetEarly()
            failAcks(of: name)
        }
    }

    private mutating func deliver(_ kind: Delivery.Kind, _ namespace: String) {
        switch kind {
        case .event: break
        case .connect, .refused, .failed, .disconnect, .unreadable, .finished: version += 1
        }
        push(.deliver(Delivery(namespace: namespace, kind: kind, session: session)))
    }

    // MARK: Disconnecting

    /// Leaves all namespaces and closes the connection, or gives up connecting.
    mutating func disconnect(at now: NIODeadline) {
        switch phase {
        case .idle: return
        case .pausing: finish()
        case .closing(let next):
            // Why it fails is clear already.
            if case .fail(let error) = next, !mayTryAgain { completeConnect(.failure(error)) }
            phase = .closing(then: .finish)
        case .opening, .open:
            leaveAll(.clientDisconnect, details: "disconnect() was called", tells: isOpen)
            phase = .closing(then: .finish)
            push(.close)
        }
    }

    /// Leaves one namespace; with the last of them the connection ends.
    mutating func disconnect(from name: String, at now: NIODeadline) throws(SocketIOClientError) {
        guard isOpen, let session = namespaces[name], session.isJoined || session.state == .pending else {
            throw .notJoined(name, isConnected: isOpen)
        }
        guard plan.namespaces.count > 1 else { return disconnect(at: now) }
        push(.send(SocketPacket(kind: .disconnect, namespace: name, payload: [])))
        namespaces[name]?.state = .left
        namespaces[name]?.recoveryID = nil
        namespaces[name]?.forgetEarly()
        if session.isJoined { deliver(.disconnect(.clientDisconnect, details: "disconnect() was called"), name) }
        failAcks(of: name)
        dropWaiting(where: { $0 == name })
        // A reconnection does not join it again.
        plan.namespaces.removeAll { $0 == name }
        deliver(.finished, name)
        noteAnswer(at: now)
        closeIfLeft()
    }

    // MARK: Time

    /// Does what is due at `now`.
    mutating func advance(to now: NIODeadline) {
        expireAcks(at: now)
        switch phase {
        case .open(let by?) where by <= now: giveUpJoining()
        case .pausing(let until) where until <= now:
            phase = .opening
            push(.open)
        case .idle, .opening, .open, .pausing, .closing: return
        }
    }
}
