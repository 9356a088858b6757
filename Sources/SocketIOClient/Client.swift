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
/// order in which their events came. A client lives as long as its connection, also where nobody else holds it; one
/// that a handler of its own holds lives on until `off` or `removeAllHandlers`.
public final class Client: Sendable {
    let core: ClientCore

    /// - Parameters:
    ///   - reconnection: whether to connect again when the connection is lost. Not after `disconnect()`, nor after the
    ///     server has ended the last namespace.
    ///   - reconnectionAttempts: how many attempts in a row may fail; 0 for any number.
    ///   - reconnectionDelay: how long to wait before the first attempt; twice as long before each further one.
    ///   - reconnectionDelayMax: how long to wait at most.
    ///   - randomizationFactor: 0 to 1; by up to this part each wait is shorter or longer.
    ///   - requestTimeout: for connecting and for each request but the one that waits for events.
    ///   - sslVerify: whether the server has to prove who it is, over `https` and `wss`.
    ///   - trustRoots: whom to believe that.
    ///   - clientCertificate: what to show a server that asks.
    ///   - headers: fields of every request; those of `connect` come in place of ones of the same name.
    ///   - proxy: the URL of an HTTP proxy, `http://user:password@host:port` or `https://…`, through which all
    ///     connections are tunnelled (CONNECT).
    ///   - offlineBuffer: whether events that are emitted without a connection wait for the next one. If not, `emit`
    ///     throws.
    ///   - retries: how often an event is sent again that was not acknowledged within `ackTimeout`. With 1 or more,
    ///     events are sent one after the other, each once that before it was acknowledged, so the server has to
    ///     acknowledge all; it may see one twice. An event that is emitted `volatile` is left out of this.
    ///   - ackTimeout: how long an event with a callback waits for its ack; nil for as long as there is a connection.
    ///     With retries 10 s, if nothing is said.
    ///   - limits: what may grow, and how far.
    ///   - handlerExecutor: where handlers and callbacks run; nil for the connection's own thread. There they cost
    ///     least, and must not block it: what computes for long, or waits other than by `await`, belongs into a task of
    ///     its own, or on `globalConcurrentExecutor`.
    ///   - logger: where errors go that nobody takes, and at `debug` what happens to the connection. Neither arguments
    ///     nor headers are ever logged. By default errors alone are.
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

    /// Whether the connection was lost and another attempt will come.
    public var reconnecting: Bool { core.state.snapshot.isReconnecting }

    /// The namespaces that are joined, with the client's session id in each.
    public var namespaces: [String: String] { core.state.snapshot.sids }

    /// The client's session id in a namespace; nil where it is not joined.
    public func sid(for namespace: String = "/") -> String? { core.state.sid(of: target.namespace(namespace)) }

    /// The client's session id in the root namespace; nil where it is not joined.
    public var sid: String? { sid(for: "/") }

    /// How packets travel now; nil without a connection. An upgrade changes it.
    public var transport: Transport? { core.state.snapshot.transport }

    /// Whether the server took up the session from before the last reconnection, and has sent what was missed meanwhile
    /// (connection state recovery; the server has to have it enabled).
    public func recovered(in namespace: String = "/") -> Bool {
        core.state.snapshot.recovered.contains(target.namespace(namespace))
    }

    // MARK: Time and tasks

    /// Returns when the connection has ended and no attempt to reconnect will follow; at once where there is none. Where
    /// it was ended here, that is once the server has closed it too, as with ``disconnect()``.
    ///
    /// - Throws: `CancellationError` where the task is cancelled.
    public func wait() async throws { try await core.waitUntilClosed() }

    /// Suspends the task for so long.
    public func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }

    /// Runs something beside the rest. What it throws goes to the exception handlers, as errors of handlers do; that it
    /// was cancelled does not.
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
