import Logging
import NIOCore

/// What a `Client` is made of, for those parts that must not keep the client itself alive.
final class ClientCore: Sendable {
    let state: ClientState
    let registry = HandlerRegistry()
    let lanes: HandlerLanes
    let dispatcher: EventDispatcher
    let port: ConnectionPort
    let logger: Logger
    let requestTimeout: Duration
    /// How long an event with a callback waits for its ack where nobody says; nil for as long as there is a connection.
    let ackTimeout: Duration?

    init(
        configuration: ClientMachine.Configuration, options: ConnectionOptions, ackTimeout: Duration?,
        handlerExecutor: (any TaskExecutor)?, logger: Logger
    ) {
        let state = ClientState(limits: configuration.limits, buffersOffline: configuration.buffersOffline)
        let port = ConnectionPort(eventLoop: ConnectionThreads.next(), state: state)
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
        self.logger = logger
        self.ackTimeout = ackTimeout
        requestTimeout = options.requestTimeout
        port.open {
            ClientConnection(
                eventLoop: port.eventLoop, configuration: configuration, options: options, state: state, lanes: lanes,
                logger: logger)
        }
    }

    /// Returns once there is no connection and none will come by itself.
    func waitUntilFinished() async throws {
        let promise = port.eventLoop.makePromise(of: Void.self)
        port.onLoop { $0.whenFinished().cascade(to: promise) }
        try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    /// Whether a namespace is joined, once that is clear.
    func waitUntilJoined(_ namespace: String) async throws -> Bool {
        let promise = port.eventLoop.makePromise(of: Bool.self)
        port.onLoop { $0.whenJoined(namespace, promise) }
        return try await withTaskCancellationHandler {
            try await promise.futureResult.get()
        } onCancel: {
            promise.fail(CancellationError())
        }
    }

    /// Returns once the connection has ended and the handlers that hear of it have run.
    func disconnect() async throws {
        let namespaces = Array(state.snapshot.sids.keys)
        port.onLoop { $0.disconnect() }
        try await waitUntilFinished()
        await lanes.drain(namespaces, within: Self.handlersTimeout, on: port.eventLoop)
    }

    /// Leaves one namespace.
    func leave(_ namespace: String) async throws {
        let promise = port.eventLoop.makePromise(of: Void.self)
        port.onLoop { connection in promise.completeWith(Result { try connection.disconnect(from: namespace) }) }
        try await promise.futureResult.get()
        await lanes.drain([namespace], within: Self.handlersTimeout, on: port.eventLoop)
    }

    /// How long an end waits for handlers that do not end.
    private static let handlersTimeout = TimeAmount.seconds(60)
}
