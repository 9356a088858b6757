import Logging
import NIOConcurrencyHelpers
import SocketIOClient

/// One connection of `siphon client`, and what happens to it.
final class ClientSession: Sendable {
    let client: Client
    private let options: ClientOptions
    private let gate: OccurrenceGate
    private let onEnd: @Sendable () -> Void
    private let state: NIOLockedValueBox<State>

    private struct State {
        var namespaces: [String]
        /// Calls whose ack has not come.
        var pending = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// - Parameters:
    ///   - tell: hears what happens, one after the other in each namespace; the server is held up by one that
    ///     takes long.
    ///   - onEnd: called when the last namespace was left and no attempt to reconnect follows, once that was told.
    init(
        _ options: ClientOptions, reconnects: Bool, onEnd: @escaping @Sendable () -> Void = {},
        tell: @escaping @Sendable (Occurrence) async -> Void
    ) {
        self.options = options
        self.onEnd = onEnd
        gate = OccurrenceGate(tell)
        state = NIOLockedValueBox(State(namespaces: options.namespaces))
        client = Client(
            reconnection: reconnects, requestTimeout: options.timeout, sslVerify: !options.isInsecure,
            trustRoots: options.trustFile.map { .file($0) } ?? .system, headers: options.headers, proxy: options.proxy,
            ackTimeout: options.timeout, logger: Logger(label: "siphon") { _ in SwiftLogNoOpLogHandler() })
        client.middleware { [weak self] context, next in
            await self?.observe(context)
            return try await next(context)
        }
        client.exceptionHandler { [weak self] error, context in
            let error = error as? SocketIOClientError ?? .init(code: .decoding, message: "\(error)")
            await self?.pass(context.namespace, .failure(name: nil, call: nil, error))
        }
    }

    private func pass(_ namespace: String?, _ kind: Occurrence.Kind) async {
        await gate.pass(Occurrence(namespace: namespace, kind: kind))
    }

    private func observe(_ context: EventContext) async {
        let arguments = context.arguments
        switch context.name {
        case "connect":
            let isRecovered = client.recovered(in: context.namespace)
            await pass(
                context.namespace,
                .connect(sid: context.socketID ?? "", transport: client.transport, isRecovered: isRecovered))
        case "disconnect":
            let reason = arguments.first?.string.flatMap { DisconnectReason(rawValue: $0) } ?? .transportError
            let details = reason == .transportError ? arguments.dropFirst().first?.string ?? "" : ""
            await pass(
                context.namespace, .disconnect(reason, details: details, isReconnecting: client.reconnecting))
            if !client.connected, !client.reconnecting { onEnd() }
        case "connect_error":
            let isFirst = state.withLockedValue { $0.namespaces.first == context.namespace }
            guard client.reconnecting else {
                return await pass(context.namespace, .connectError(arguments, isReconnecting: false))
            }
            // An attempt that failed is of no namespace, and told to each.
            if isFirst { await pass(nil, .connectError(arguments, isReconnecting: true)) }
        default:
            await pass(
                context.namespace, .event(name: context.name, arguments: arguments, wantsAck: context.wantsAck))
        }
    }

    // MARK: Connecting

    /// - Parameter namespaces: empty for those of before.
    /// - Throws: one sentence for people. What happened until then is not told.
    func connect(namespaces: [String] = []) async throws(CommandError) {
        guard !client.connected, !client.reconnecting else {
            throw .failure("there is a connection, or will be soon: disconnect ends it")
        }
        // One that has just ended may still be on its way down.
        await close()
        let names = state.withLockedValue { state in
            if !namespaces.isEmpty { state.namespaces = namespaces }
            return state.namespaces
        }
        await gate.hold()
        do {
            try await client.connect(
                options.url, auth: options.auth, transports: options.transports.isEmpty ? nil : options.transports,
                namespaces: names, path: options.path, waitTimeout: options.timeout)
        } catch {
            await gate.drop()
            throw failure(error)
        }
        await gate.release()
    }

    private func failure(_ error: any Error) -> CommandError {
        guard let error = error as? SocketIOClientError else { return .failure("\(error)") }
        return error.code == .invalidAddress ? .usage(error.message) : .failure(error.message)
    }

    /// Disconnects, for as long as that takes, but not for long.
    func close() async {
        let hasEnded = NIOLockedValueBox(false)
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            @Sendable func end() {
                let isFirst = hasEnded.withLockedValue { hasEnded in
                    defer { hasEnded = true }
                    return !hasEnded
                }
                if isFirst { continuation.resume() }
            }
            Task { [client] in
                try? await client.disconnect()
                end()
            }
            Task {
                try? await Task.sleep(for: .seconds(3))
                end()
            }
        }
    }

    // MARK: Emitting

    /// - Parameter call: names the call whose ack is waited for; nil for an event without one.
    func emit(
        _ name: String, _ arguments: [SocketIOValue], namespace: String, call: CallID?
    ) async throws(SocketIOClientError) {
        do {
            try await client.emit(
                name, arguments: arguments, namespace: namespace, callback: callback(name, namespace, call))
        } catch {
            throw failed(error, namespace, call)
        }
    }

    /// As above; throws where it would have to wait.
    func emitNow(
        _ name: String, _ arguments: [SocketIOValue], namespace: String, call: CallID?
    ) throws(SocketIOClientError) {
        do {
            try client.emitNow(
                name, arguments: arguments, namespace: namespace, callback: callback(name, namespace, call))
        } catch {
            throw failed(error, namespace, call)
        }
    }

    /// Counts the call, and tells of its ack.
    private func callback(_ name: String, _ namespace: String, _ call: CallID?) -> AckCallback? {
        guard let call else { return nil }
        state.withLockedValue { $0.pending += 1 }
        let began = ContinuousClock.now
        return { [self] result in
            let milliseconds = (ContinuousClock.now - began) / .milliseconds(1)
            switch result {
            case .success(let answer):
                await pass(
                    namespace, .ack(name: name, arguments: answer.values, call: call, milliseconds: milliseconds))
            case .failure(let error):
                await pass(namespace, .failure(name: name, call: call, sentence(for: error, namespace)))
            }
            noteAnswer()
        }
    }

    private func failed(_ error: any Error, _ namespace: String, _ call: CallID?) -> SocketIOClientError {
        if call != nil { noteAnswer() }
        guard let error = error as? SocketIOClientError else { return .init(code: .encoding, message: "\(error)") }
        return sentence(for: error, namespace)
    }

    /// The library's sentences speak to programmers.
    private func sentence(for error: SocketIOClientError, _ namespace: String) -> SocketIOClientError {
        let message: String
        switch error.code {
        case .notConnected: message = client.reconnecting ? "not connected; trying again" : "not connected"
        case .badNamespace: message = "\(namespace) is not joined"
        case .timeout: message = "no ack came within \(options.timeout / .seconds(1)) s"
        default: return error
        }
        return SocketIOClientError(code: error.code, message: message, cause: error)
    }

    // MARK: Acks

    var pendingCalls: Int { state.withLockedValue { $0.pending } }

    /// Those that the next `connect` joins.
    var namespaces: [String] { state.withLockedValue { $0.namespaces } }

    private func noteAnswer() {
        let woken = state.withLockedValue { state -> [CheckedContinuation<Void, Never>] in
            state.pending -= 1
            guard state.pending == 0 else { return [] }
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in woken { waiter.resume() }
    }

    /// Returns once all acks have come or timed out, and have been told.
    func waitForAcks() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLockedValue { state in
                if state.pending > 0 { state.waiters.append(continuation) }
                return state.pending == 0
            }
            if isDone { continuation.resume() }
        }
    }
}

/// Keeps what happens while a connection is being made until that has succeeded: of one that fails only the reason is
/// of interest.
private actor OccurrenceGate {
    private let tell: @Sendable (Occurrence) async -> Void
    /// Nil while all goes through.
    private var held: [Occurrence]?

    private static let limit = 1000

    init(_ tell: @escaping @Sendable (Occurrence) async -> Void) { self.tell = tell }

    func pass(_ occurrence: Occurrence) async {
        guard held != nil else { return await tell(occurrence) }
        held?.append(occurrence)
        if held?.count == Self.limit { await release() }
    }

    func hold() { held = [] }

    func drop() { held = nil }

    /// What comes meanwhile goes behind what was held.
    func release() async {
        while let next = held, !next.isEmpty {
            held = []
            for occurrence in next { await tell(occurrence) }
        }
        held = nil
    }
}
