import Logging
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An HTTP/1.1 server on libmicrohttpd, with one thread, and another that watches what the library does not.
///
/// The library aborts the process when it is stopped with a connection asleep, spins when a handler neither answers nor
/// sleeps, and loses a wake that comes before its sleep; the order of what is done here follows from that.
///
/// Must be stopped: until then the library's thread keeps it alive.
final class HTTPServer: Sendable {
    enum Failure: Error { case couldNotStart(errno: CInt) }

    private struct State {
        var exchanges: [ObjectIdentifier: HTTPExchange] = [:]
        var sockets: [ObjectIdentifier: ClientSocket] = [:]
        /// Connections handed to the library and not closed yet: those of `sockets`, and those it has not looked at.
        var places = 0
        var isStopping = false
        var acceptor: Acceptor?
        var daemon: LibraryDaemon?
        var reaper: Task<Void, Never>?
    }

    private let service: any HTTPService
    private let limits: InspectorLimits
    private let log: Logger
    private let thread: ReadinessThread
    private let state = NIOLockedValueBox(State())

    /// - Parameter listener: is closed by the server.
    init(listener: ListeningSocket, limits: InspectorLimits, service: any HTTPService, log: Logger) throws(Failure) {
        self.service = service
        self.limits = limits
        self.log = log

        guard let thread = ReadinessThread() else {
            let code = errno
            close(listener.descriptor)
            throw .couldNotStart(errno: code)
        }
        self.thread = thread
        guard let daemon = LibraryDaemon(limits: limits, server: self) else {
            let code = errno
            thread.stop()
            close(listener.descriptor)
            throw .couldNotStart(errno: code)
        }
        state.withLockedValue { state in
            state.daemon = daemon
            // Not before the lock is free does it get its first answer.
            state.acceptor = Acceptor(
                descriptor: listener.descriptor, on: thread, log: log,
                hasRoom: { [unowned self] in hasRoom },
                take: { [unowned self] in take($0) })
            state.reaper = Task { await self.reap() }
        }
    }

    /// Connections that are open.
    var connectionCount: Int { state.withLockedValue { $0.sockets.count } }

    /// Requests that have no answer yet or whose answer is still being sent.
    var exchangeCount: Int { state.withLockedValue { $0.exchanges.count } }

    /// Accepts nothing more, ends the streams, gives running handlers `grace` to answer, and then answers 503 for them.
    /// Takes little longer than `grace`, whatever handlers and clients do. A second call does nothing.
    func stop(grace: Duration) async {
        let (daemon, acceptor, reaper) = state.withLockedValue { state in
            state.isStopping = true
            defer { (state.daemon, state.acceptor) = (nil, nil) }
            return (state.daemon, state.acceptor, state.reaper)
        }
        guard let daemon, let acceptor else { return }
        reaper?.cancel()
        await acceptor.stop()

        let deadline = ContinuousClock.now + grace
        while true {
            let exchanges = liveExchanges
            for exchange in exchanges { exchange.finishStream() }
            guard !exchanges.isEmpty, ContinuousClock.now < deadline else { break }
            try? await Task.sleep(for: .milliseconds(5))
        }
        // From here on nothing falls asleep: a new request finds its answer there, an ended stream is at its end.
        let abandoned = liveExchanges.filter { $0.abandon(with: Self.stopping) }
        let last = ContinuousClock.now + Self.farewell
        while abandoned.contains(where: { !$0.isEnded }), ContinuousClock.now < last {
            try? await Task.sleep(for: .milliseconds(5))
        }
        await daemon.stop()
        thread.stop()  // with every connection ended, and so every watch cancelled
    }

    private var liveExchanges: [HTTPExchange] { state.withLockedValue { Array($0.exchanges.values) } }

    /// How long what is answered 503 may take on its way out.
    private static let farewell = Duration.milliseconds(200)

    private static let stopping = InspectorError(.stopping, "Siphon is stopping").response

    // MARK: Accepting

    private var hasRoom: Bool { state.withLockedValue { $0.places < limits.connections } }

    private func take(_ accepted: AcceptedConnection) {
        let daemon = state.withLockedValue { state in
            state.places += 1
            return state.daemon
        }
        guard let daemon else {
            close(accepted.descriptor)
            return leftPlace()
        }
        if !daemon.add(accepted) { leftPlace() }
    }

    private func leftPlace() {
        let acceptor = state.withLockedValue { state in
            state.places -= 1
            // Only a connection that ends while there is no room can have kept others waiting.
            return state.places == limits.connections - 1 ? state.acceptor : nil
        }
        acceptor?.madeRoom()
    }

    // MARK: What clients owe

    /// Closes connections whose clients take too long over a request. The library has a bound for silence alone, and
    /// one byte every now and then is not silence.
    private func reap() async {
        let interval = min(limits.request, limits.requestWhenCrowded) / 4
        while (try? await Task.sleep(for: interval)) != nil { reap(now: .now) }
    }

    private func reap(now: ContinuousClock.Instant) {
        let sockets = state.withLockedValue { Array($0.sockets.values) }
        let isCrowded = sockets.count >= limits.connections / 4 * 3
        let latest = now - (isCrowded ? limits.requestWhenCrowded : limits.request)
        for socket in sockets { socket.shutDown(ifWaitingBefore: latest) }
    }

    // MARK: On the HTTP thread

    func opened(_ descriptor: CInt) -> ClientSocket {
        let socket = ClientSocket(descriptor: descriptor, thread: thread, now: .now)
        state.withLockedValue { $0.sockets[ObjectIdentifier(socket)] = socket }
        return socket
    }

    func closed(_ socket: ClientSocket) {
        socket.markClosed()
        _ = state.withLockedValue { $0.sockets.removeValue(forKey: ObjectIdentifier(socket)) }
        leftPlace()
    }

    /// The request line is in.
    func began(_ exchange: HTTPExchange) {
        let isStopping = state.withLockedValue { state in
            state.exchanges[ObjectIdentifier(exchange)] = exchange
            return state.isStopping
        }
        if isStopping { exchange.resolve(Self.stopping) }
    }

    func completed(_ exchange: HTTPExchange, _ socket: ClientSocket?) {
        _ = state.withLockedValue { $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
        exchange.end()
        socket?.awaitRequest(now: .now)
    }

    /// False where the connection is to be cut.
    func access(_ call: LibraryCall) -> Bool {
        guard call.exchange.hasHead else { return head(call) }
        if let upload = call.upload { return call.exchange.receive(upload, limit: limits.bodyBytes) }
        call.socket.awaitNothing()
        switch call.exchange.next(sleep: call.connection.sleep) {
        case .answer(let response): return call.send(response)
        case .sleepOn: return true
        case .run(let request):
            let (service, exchange) = (service, call.exchange)
            exchange.setTask(Task { exchange.resolve(await service.response(to: request)) })
            return true
        }
    }

    private func head(_ call: LibraryCall) -> Bool {
        let exchange = call.exchange
        let head = exchange.setHead(method: call.method, headers: call.connection.headers)
        let refusal = call.isBroken ? Self.broken : service.refusal(of: head)
        let isTooLong = (head.announcedLength ?? 0) > UInt64(limits.bodyBytes)
        guard refusal != nil || isTooLong else {
            if head.announcesBody { call.socket.awaitRequest(now: .now) }
            return true
        }
        let answer = refusal ?? HTTPExchange.tooLarge(limit: limits.bodyBytes)
        exchange.resolve(answer)
        // At once the connection is closed after the answer, which none but a request with a long body need suffer;
        // a short body is let in, so that a client that sends it first lives to read the answer.
        return isTooLong ? call.send(answer) : true
    }

    private static let broken = InspectorError(.badRequest, "the request line is broken").response

    /// What the library has to say, in what a terminal may be shown.
    func heard(_ message: String) {
        let text = message.unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }
        log.debug("libmicrohttpd", metadata: ["message": "\(String(String.UnicodeScalarView(text)))"])
    }
}
