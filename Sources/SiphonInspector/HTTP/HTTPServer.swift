import CMicroHTTPD
import Dispatch
import Logging
import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What the server asks for answers.
protocol HTTPService: Sendable {
    /// Judges a request by its head, on the HTTP thread: must not block. An answer refuses it, and its body is not kept.
    func refusal(of head: InspectorRequest) -> InspectorResponse?

    func response(to request: InspectorRequest) async -> InspectorResponse
}

/// An HTTP/1.1 server on libmicrohttpd, with one thread. The only file that calls the library.
///
/// The library aborts the process when it is stopped with a connection asleep, spins when a handler neither answers nor
/// sleeps, and loses a wake that comes before its sleep; the order of what is done here follows from that.
///
/// Must be stopped: until then the library's thread keeps it alive.
final class HTTPServer: Sendable {
    enum Failure: Error { case couldNotStart }

    private struct State {
        var exchanges: [ObjectIdentifier: HTTPExchange] = [:]
        var sockets: [ObjectIdentifier: ClientSocket] = [:]
        var isStopping = false
        var daemon: Handle?
        var reaper: Task<Void, Never>?
    }

    private let service: any HTTPService
    private let limits: InspectorLimits
    private let log: Logger
    private let state = NIOLockedValueBox(State())

    /// - Parameter listener: is closed by the server.
    init(listener: ListeningSocket, limits: InspectorLimits, service: any HTTPService, log: Logger) throws(Failure) {
        self.service = service
        self.limits = limits
        self.log = log

        let callbacks = UnsafeMutablePointer<siphon_mhd_callbacks>.allocate(capacity: 1)
        let me = Unmanaged.passRetained(self)
        callbacks.initialize(to: Self.callbacks(context: me.toOpaque()))
        var settings = siphon_mhd_settings(
            listening_fd: listener.descriptor, connection_limit: UInt32(clamping: limits.connections),
            idle_seconds: limits.idleSeconds, connection_memory_bytes: limits.headBytes)
        guard let daemon = siphon_mhd_start(&settings, callbacks) else {
            close(listener.descriptor)
            callbacks.deallocate()
            me.release()
            throw .couldNotStart
        }
        let handle = Handle(daemon: daemon, callbacks: callbacks, server: me)
        state.withLockedValue { state in
            state.daemon = handle
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
        let (daemon, reaper) = state.withLockedValue { state in
            state.isStopping = true
            defer { state.daemon = nil }
            return (state.daemon, state.reaper)
        }
        guard let daemon else { return }
        reaper?.cancel()
        let descriptor = MHD_quiesce_daemon(daemon.daemon)
        if descriptor >= 0 { close(descriptor) }

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
    }

    private var liveExchanges: [HTTPExchange] { state.withLockedValue { Array($0.exchanges.values) } }

    /// How long what is answered 503 may take on its way out.
    private static let farewell = Duration.milliseconds(200)

    private static let stopping = InspectorError(.stopping, "Siphon is stopping").response

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

    private func opened(_ descriptor: CInt) -> ClientSocket {
        let socket = ClientSocket(descriptor: descriptor, now: .now)
        state.withLockedValue { $0.sockets[ObjectIdentifier(socket)] = socket }
        return socket
    }

    private func closed(_ socket: ClientSocket) {
        socket.markClosed()
        _ = state.withLockedValue { $0.sockets.removeValue(forKey: ObjectIdentifier(socket)) }
    }

    private func began(_ target: UnsafePointer<CChar>) -> HTTPExchange {
        let text = String(cString: target)
        let exchange = HTTPExchange(target: text, targetEnd: UInt(bitPattern: target + strlen(target)))
        let isStopping = state.withLockedValue { state in
            state.exchanges[ObjectIdentifier(exchange)] = exchange
            return state.isStopping
        }
        if isStopping { exchange.resolve(Self.stopping) }
        return exchange
    }

    private func completed(_ exchange: HTTPExchange, _ socket: ClientSocket?) {
        _ = state.withLockedValue { $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
        exchange.end()
        socket?.awaitRequest(now: .now)
    }

    /// Called once when the head is in, once for each piece of body, once at the end, and again after each sleep.
    private func access(_ call: AccessCall) -> Bool {
        guard call.exchange.hasHead else { return head(call) }
        if let upload = call.upload { return call.exchange.receive(upload, limit: limits.bodyBytes) }
        call.socket.awaitNothing()
        let connection = Connection(pointer: call.connection)
        switch call.exchange.next(sleep: connection.sleep) {
        case .answer(let response): return send(response, call)
        case .sleepOn: return true
        case .run(let request):
            let (service, exchange) = (service, call.exchange)
            exchange.setTask(Task { exchange.resolve(await service.response(to: request)) })
            return true
        }
    }

    private func head(_ call: AccessCall) -> Bool {
        let exchange = call.exchange
        let head = exchange.setHead(method: call.method, headers: Self.headers(of: call.connection))
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
        return isTooLong ? send(answer, call) : true
    }

    private static let broken = InspectorError(.badRequest, "the request line is broken").response

    private func send(_ response: InspectorResponse, _ call: AccessCall) -> Bool {
        let made: OpaquePointer?
        switch response.body {
        case .bytes(let bytes): made = bytes.withUnsafeBytes { siphon_mhd_response($0.baseAddress, $0.count) }
        case .stream(let stream):
            let socket = call.socket
            stream.onCut { socket.shutDown() }  // a client that takes nothing would otherwise be waited for
            if let watch = socket.watchHangUp({ stream.cut() }) { call.exchange.setWatch(watch) }
            let reader = StreamReader(stream: stream, connection: Connection(pointer: call.connection))
            made = siphon_mhd_stream(16_384, readStream, Unmanaged.passRetained(reader).toOpaque(), releaseStream)
        }
        guard let made else { return false }
        defer { MHD_destroy_response(made) }  // our reference; the connection holds its own
        for (name, value) in SecurityHeaders.added(to: response.headers) {
            guard siphon_mhd_add_header(made, name, value) != 0 else { return false }
        }
        return siphon_mhd_queue(call.connection, response.status, made) != 0
    }

    private static func headers(of connection: OpaquePointer) -> [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        withUnsafeMutablePointer(to: &headers) { pointer in
            siphon_mhd_headers(
                connection,
                { context, name, nameLength, value, valueLength in
                    let field = (text(name, nameLength), text(value, valueLength))
                    context?.assumingMemoryBound(to: [(name: String, value: String)].self).pointee.append(field)
                }, pointer)
        }
        return headers
    }

    private static func callbacks(context: UnsafeMutableRawPointer) -> siphon_mhd_callbacks {
        siphon_mhd_callbacks(
            context: context,
            opened: { context, descriptor in
                guard let server = HTTPServer.at(context) else { return nil }
                return Unmanaged.passRetained(server.opened(descriptor)).toOpaque()
            },
            closed: { context, socket in
                guard let server = HTTPServer.at(context), let socket else { return }
                server.closed(Unmanaged<ClientSocket>.fromOpaque(socket).takeRetainedValue())
            },
            began: { context, target in
                guard let server = HTTPServer.at(context), let target else { return nil }
                return Unmanaged.passRetained(server.began(target)).toOpaque()
            },
            access: { context, connection, socket, request, method, version, upload, uploadSize in
                guard let server = HTTPServer.at(context), let connection, let socket, let request, let method,
                    let version, let uploadSize
                else { return 0 }
                let exchange = Unmanaged<HTTPExchange>.fromOpaque(request).takeUnretainedValue()
                let piece =
                    uploadSize.pointee > 0 ? UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee) : nil
                uploadSize.pointee = 0  // all of it is taken
                let call = AccessCall(
                    exchange: exchange, socket: Unmanaged<ClientSocket>.fromOpaque(socket).takeUnretainedValue(),
                    connection: connection, method: String(cString: method), version: version, upload: piece)
                return server.access(call) ? 1 : 0
            },
            completed: { context, socket, request in
                guard let server = HTTPServer.at(context), let request else { return }
                server.completed(
                    Unmanaged<HTTPExchange>.fromOpaque(request).takeRetainedValue(),
                    socket.map { Unmanaged<ClientSocket>.fromOpaque($0).takeUnretainedValue() })
            },
            log: { context, message in
                guard let server = HTTPServer.at(context), let message else { return }
                let text = String(cString: message).unicodeScalars.filter { $0.value >= 0x20 && $0.value < 0x7F }
                server.log.debug("libmicrohttpd", metadata: ["message": "\(String(String.UnicodeScalarView(text)))"])
            })
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> HTTPServer? {
        context.map { Unmanaged<HTTPServer>.fromOpaque($0).takeUnretainedValue() }
    }
}

/// One call of the access handler.
private struct AccessCall {
    let exchange: HTTPExchange
    let socket: ClientSocket
    let connection: OpaquePointer
    let method: String
    let version: UnsafePointer<CChar>
    /// A piece of the body; nil in the first and the last call.
    let upload: UnsafeRawBufferPointer?

    /// A request line of no version that we know, or one that goes on behind a NUL byte.
    var isBroken: Bool {
        let isKnown = strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0
        return !isKnown || siphon_mhd_hides_text(UnsafePointer(bitPattern: exchange.targetEnd), version) != 0
    }
}

/// libmicrohttpd neither frees nor times out a connection that is asleep, and each sleep is ended once: the pointer is
/// used while it is good.
private struct Connection: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Sleeps and returns what wakes. To be called with the lock held under which the waking is done.
    func sleep() -> @Sendable () -> Void {
        MHD_suspend_connection(pointer)
        return { MHD_resume_connection(self.pointer) }
    }
}

/// The running library. The pointers are used by `stop` alone, once.
private struct Handle: @unchecked Sendable {
    let daemon: OpaquePointer
    let callbacks: UnsafeMutablePointer<siphon_mhd_callbacks>
    let server: Unmanaged<HTTPServer>

    /// Waits on a thread of its own, since it joins the library's.
    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            DispatchQueue(label: "siphon.inspector.stop").async {
                MHD_stop_daemon(daemon)  // no callback runs after this line
                callbacks.deallocate()
                server.release()
                continuation.resume()
            }
        }
    }
}

private final class StreamReader: Sendable {
    let stream: ResponseStream
    let connection: Connection

    init(stream: ResponseStream, connection: Connection) {
        self.stream = stream
        self.connection = connection
    }
}

private let readStream: MHD_ContentReaderCallback = { context, _, buffer, limit in
    guard let context, let buffer else { return -2 }
    let reader = Unmanaged<StreamReader>.fromOpaque(context).takeUnretainedValue()
    let target = UnsafeMutableRawBufferPointer(start: buffer, count: limit)
    switch reader.stream.read(into: target, sleep: reader.connection.sleep) {
    case .bytes(let count): return count
    case .asleep: return 0
    case .end: return -1  // MHD_CONTENT_READER_END_OF_STREAM
    case .cut: return -2  // MHD_CONTENT_READER_END_WITH_ERROR
    }
}

private let releaseStream: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<StreamReader>.fromOpaque(context).release()
}

private func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
}
