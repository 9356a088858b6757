import Logging
import NIOConcurrencyHelpers
import NIOCore

/// What a `Client` is made of, for those parts that must not keep the client itself alive.
final class ClientCore: Sendable {
    let state: ClientState
    let registry = HandlerRegistry()
    let lanes: HandlerLanes
    let dispatcher: EventDispatcher
    let port: ConnectionPort
    private let lastWait = NIOLockedValueBox(0)
    private let ackTimeout: Duration?
    private let hasRetries: Bool

    init(
        configuration: ClientMachine.Configuration, options: ConnectionOptions, ackTimeout: Duration?,
        handlerExecutor: (any TaskExecutor)?, logger: Logger
    ) {
        let state = ClientState(limits: configuration.limits, buffersOffline: configuration.buffersOffline)
        let port = ConnectionPort(eventLoop: ConnectionThreads.next(), state: state)
        let registry = registry
        let dispatcher = EventDispatcher(registry: registry, state: state, port: port, logger: logger)
        let lanes = HandlerLanes(
            limitBytes: configuration.limits.receiveBufferBytes,
            executor: handlerExecutor ?? ConnectionExecutor(port.eventLoop),
            dispatch: { await dispatcher.dispatch($0) },
            onRoom: { port.onLoop { $0.lanesHaveRoom() } })
        self.state = state
        self.lanes = lanes
        self.dispatcher = dispatcher
        self.port = port
        self.ackTimeout = ackTimeout
        hasRetries = configuration.retries > 0
        port.open {
            ClientConnection(
                eventLoop: port.eventLoop, configuration: configuration, options: options, state: state, lanes: lanes,
                registry: registry, logger: logger)
        }
    }

    deinit {
        // Behind what still waits there for its handlers.
        for name in registry.subscribedNamespaces {
            registry.endSubscriptions(of: name)
            lanes.push(.delivery(Delivery(namespace: name, kind: .finished)), to: .init(namespace: name))
        }
        port.close()
    }

    /// How long an event with a callback waits for its ack where nobody says; nil for as long as there is a connection.
    /// One that is sent again has as many of the client's times as there are attempts.
    func ackTimeout(isVolatile: Bool) -> Duration? { hasRetries && !isVolatile ? nil : ackTimeout }

    /// Returns once there is no connection, the server has closed it too, the handlers that hear of that have run, and
    /// no other will come.
    func waitUntilOver() async throws {
        let drain = makeDrain()
        try await wait { $0.whenOver($1, drain) }
    }

    /// Called in the caller's own task, which may be that of a handler.
    private func makeDrain() -> HandlerLanes.Drain {
        lanes.drain(within: Self.handlersTimeout, on: port.eventLoop)
    }

    /// Waits for something that the event loop tells, or the task is cancelled.
    private func wait<Result: Sendable>(
        _ ask: @escaping @Sendable (ClientConnection, _ id: Int) -> EventLoopFuture<Result>
    ) async throws -> Result {
        let promise = port.eventLoop.makePromise(of: Result.self)
        let id = lastWait.withLockedValue { last in
            last += 1
            return last
        }
        port.onLoop { ask($0, id).cascade(to: promise) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            port.onLoop { connection in
                connection.giveUp(id)
                // Where it was not that any more which it waited for.
                promise.fail(CancellationError())
            }
        }
    }

    /// Whether a namespace is joined, once that is clear.
    func waitUntilJoined(_ namespace: String) async throws -> Bool {
        try await wait { $0.whenJoined(namespace, $1) }
    }

    /// Whether there is no connection and none will come by itself. Where so, the handlers of those namespaces have
    /// been told all that came before, and the end.
    func waitUntilIdle(_ namespaces: [String]) async throws -> Bool {
        let (drain, eventLoop) = (makeDrain(), port.eventLoop)
        return try await wait { connection, id in
            connection.whenIdle(id).flatMap { isIdle in
                isIdle ? drain(namespaces).map { true } : eventLoop.makeSucceededFuture(false)
            }
        }
    }

    /// Returns once the connection has ended at both sides and the handlers that hear of it have run.
    func disconnect() async throws {
        let promise = port.eventLoop.makePromise(of: Void.self)
        let drain = makeDrain()
        port.onLoop { connection in
            connection.disconnect()
            connection.whenClosed(0).flatMap(drain).cascade(to: promise)
        }
        try await promise.futureResult.get()
    }

    /// Leaves one namespace; with the last of them as above.
    func leave(_ namespace: String) async throws {
        let promise = port.eventLoop.makePromise(of: Void.self)
        let drain = makeDrain()
        port.onLoop { $0.disconnect(from: namespace).flatMap(drain).cascade(to: promise) }
        try await promise.futureResult.get()
    }

    /// How long an end waits for handlers that do not end.
    private static let handlersTimeout = TimeAmount.seconds(60)
}
