public import Logging
import NIOCore

/// A Socket.IO client (Socket.IO protocol 5, Engine.IO 4), with the surface of python-socketio's `Client`.
///
/// ```swift
/// let client = Client()
/// client.on("connect") { print("I'm connected!") }
/// try await client.connect("http://localhost:5000")
/// try await client.emit("my event", ["data": "Hello, world!"])
/// try await client.disconnect()
/// ```
///
/// Everything may be called from any task and any thread. Handlers of one namespace run one after the other, in the
/// order in which their events arrived. A client lives at least as long as its connection, even if nothing else refers
/// to it; one that its own handlers refer to stays alive until `off` or `removeAllHandlers`.
public final class Client: Sendable {
    let core: ClientCore

    /// - Parameters:
    ///   - reconnection: whether to connect again when the connection is lost. This does not apply after `disconnect()`
    ///     or when the server has ended the last namespace.
    ///   - reconnectionAttempts: how many attempts in a row may fail; 0 for any number.
    ///   - reconnectionDelay: how long to wait before the first attempt; the wait doubles before each further one.
    ///   - reconnectionDelayMax: the longest wait.
    ///   - randomizationFactor: 0 to 1; each wait is shorter or longer by up to this fraction of it.
    ///   - requestTimeout: for connecting, and for each request except the one that waits for events. The time of a
    ///     request that sends events, by polling, begins anew while the server takes more of it.
    ///   - sslVerify: whether the server has to prove its identity, over `https` and `wss`.
    ///   - trustRoots: the certificate authorities to trust for that.
    ///   - clientCertificate: what to show a server that asks for a certificate.
    ///   - headers: fields of every request; those of `connect` replace any of the same name.
    ///   - proxy: the URL of an HTTP proxy, `http://user:password@host:port` or `https://…`, through which all
    ///     connections are tunnelled (CONNECT).
    ///   - offlineBuffer: whether events emitted without a connection wait for the next one. If not, `emit` throws.
    ///   - retries: how many times to resend an event that is not acknowledged within `ackTimeout`. With 1 or more, the
    ///     events of a namespace are sent one at a time, each once the one before it is acknowledged, so the server has
    ///     to acknowledge all of them; it may see one twice. Events emitted as `volatile` are exempt.
    ///   - ackTimeout: how long an event with a callback waits for its ack; nil for as long as there is a connection.
    ///     With retries it applies to each attempt, and nil means 10 s.
    ///   - limits: how much a server or a busy program may make the client hold.
    ///   - handlerExecutor: where handlers and callbacks run; nil for the client's own thread, one of at most four that
    ///     all clients of the process share. They cost least there, but one that blocks also holds up the other clients
    ///     on that thread, and their heartbeats. What computes for a long time, or waits other than by `await`, belongs
    ///     in a task of its own or on `globalConcurrentExecutor`.
    ///   - logger: receives errors that no handler takes and, at `debug`, what happens to the connection. Arguments and
    ///     headers are never logged. By default only errors are.
    public init(
        reconnection: Bool = true, reconnectionAttempts: Int = 0, reconnectionDelay: Duration = .seconds(1),
        reconnectionDelayMax: Duration = .seconds(5), randomizationFactor: Double = 0.5,
        requestTimeout: Duration = .seconds(5), sslVerify: Bool = true, trustRoots: TrustRoots = .system,
        clientCertificate: ClientCertificate? = nil, headers: [String: String] = [:], proxy: String? = nil,
        offlineBuffer: Bool = false, retries: Int = 0, ackTimeout: Duration? = nil, limits: ClientLimits = .init(),
        handlerExecutor: (any TaskExecutor)? = nil, logger: Logger? = nil
    ) {
        var configuration = ClientMachine.Configuration()
        configuration.reconnects = reconnection
        configuration.reconnectionAttempts = max(0, reconnectionAttempts)
        configuration.backoff = Backoff(
            first: TimeAmount(max(.zero, reconnectionDelay)), max: TimeAmount(max(.zero, reconnectionDelayMax)),
            randomizationFactor: min(max(0, randomizationFactor), 1))
        configuration.retries = max(0, retries)
        configuration.retryTimeout = TimeAmount(ackTimeout ?? .seconds(10))
        configuration.buffersOffline = offlineBuffer
        configuration.limits = limits
        var options = ConnectionOptions()
        options.requestTimeout = requestTimeout
        options.security = ClientSecurity(
            verifies: sslVerify, trustRoots: trustRoots, certificate: clientCertificate)
        options.headers = headers
        options.proxy = proxy
        core = ClientCore(
            configuration: configuration, options: options, ackTimeout: ackTimeout,
            handlerExecutor: handlerExecutor, logger: logger ?? .errorsOnly)
    }

    // MARK: State

    /// Whether there is a connection with at least one namespace joined.
    public var connected: Bool { !core.state.snapshot.sids.isEmpty }

    /// Whether the connection was lost and another attempt will follow.
    public var reconnecting: Bool { core.state.snapshot.isReconnecting }

    /// The namespaces that are joined, with the client's session id in each.
    public var namespaces: [String: String] { core.state.snapshot.sids }

    /// The client's session id in a namespace; nil if that is not joined.
    public func sid(for namespace: String = "/") -> String? { core.state.sid(of: target.namespace(namespace)) }

    /// The client's session id in the root namespace; nil if that is not joined.
    public var sid: String? { sid(for: "/") }

    /// How packets travel now; nil without a connection. An upgrade changes it.
    public var transport: Transport? { core.state.snapshot.transport }

    /// Whether the server resumed the session from before the last reconnection and sent what was missed in between
    /// (connection state recovery, which has to be enabled in the server).
    public func recovered(in namespace: String = "/") -> Bool {
        core.state.snapshot.recovered.contains(target.namespace(namespace))
    }

    // MARK: Time and tasks

    /// Returns when there is no connection, no attempt to reconnect will follow and the handlers have run that hear of
    /// the end; a connection that these open it waits for too. If this side ended the connection, that is once the
    /// server has closed it too, as with ``disconnect()``. It waits for handlers for at most 60 s; called in a handler,
    /// not at all.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func wait() async throws { try await core.waitUntilOver() }

    /// Suspends the task for the given time.
    public func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

    /// Runs something in the background. Errors it throws go to the exception handlers, as those of handlers do, except
    /// the `CancellationError` of a cancelled task.
    @discardableResult
    public func startBackgroundTask(_ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
        let dispatcher = core.dispatcher
        return HandlerLanes.$isInHandler.withValue(false) {
            Task {
                await dispatcher.run("background task", of: "/") {
                    do { try await body() } catch is CancellationError where Task.isCancelled {}
                }
            }
        }
    }
}

extension Logger {
    /// To standard error, from `error` on.
    fileprivate static var errorsOnly: Logger {
        var logger = Logger(label: "SocketIOClient")
        logger.logLevel = .error
        return logger
    }
}
