import Logging
import SocketIOCore

/// Takes what happened to a namespace through middleware to its handler, its result back to the server, and its errors
/// to the exception handlers.
final class EventDispatcher: Sendable {
    private let registry: HandlerRegistry
    private let state: ClientState
    private let logger: Logger
    private let port: ConnectionPort

    init(registry: HandlerRegistry, state: ClientState, port: ConnectionPort, logger: Logger) {
        self.registry = registry
        self.state = state
        self.port = port
        self.logger = logger
    }

    func dispatch(_ delivery: Delivery) async {
        if case .finished = delivery.kind {
            for queue in registry.endedQueues(of: delivery.namespace) { queue.finish() }
            return
        }
        var context = EventContext(
            namespace: delivery.namespace, name: "", arguments: [],
            socketID: state.sid(of: delivery.namespace), wantsAck: delivery.ackID != nil,
            isLocal: delivery.isLocal)
        do {
            (context.name, context.arguments) = try delivery.content()
            // Spares what most events do not need.
            let ack = registry.isPlain ? try await callHandler(context) : try await run(context, delivery)
            if let id = delivery.ackID, let ack { try await acknowledge(delivery, id, ack) }
        } catch {
            if context.name.isEmpty { context.name = delivery.unreadName }
            await handle(error, in: context, of: delivery)
        }
    }

    private func acknowledge(_ delivery: Delivery, _ id: String, _ ack: Ack) async throws {
        let payload = try WirePayload(eventName: nil, arguments: ack.arguments)
        let emission = Emission(
            namespace: delivery.namespace, kind: .ack(id: id, session: delivery.session), payload: payload.json,
            attachments: payload.attachments)
        do {
            try await port.send(emission)
        } catch is SocketIOClientError {
            // Who asked has gone meanwhile.
        }
    }

    private func run(_ context: EventContext, _ delivery: Delivery) async throws -> Ack? {
        try await step(0, of: registry.middleware, context, delivery)
    }

    private func step(
        _ index: Int, of middleware: [Middleware], _ context: EventContext, _ delivery: Delivery
    ) async throws -> Ack? {
        guard index < middleware.count else {
            await observe(context, delivery)
            return try await callHandler(context)
        }
        return try await middleware[index].run(context) {
            try await self.step(index + 1, of: middleware, $0, delivery)
        }
    }

    /// Observers stand beside the handler: what one throws stops neither it nor the others.
    private func observe(_ context: EventContext, _ delivery: Delivery) async {
        guard context.isCaughtByAny else { return }
        for observer in registry.observers {
            do { try await observer(context) } catch { await handle(error, in: context, of: nil) }
        }
        for queue in registry.queues(for: context) { queue.offer(context, sizeBytes: delivery.sizeBytes) }
    }

    /// As the original does it: an event without a handler is acknowledged with nothing.
    private func callHandler(_ context: EventContext) async throws -> Ack? {
        guard let handler = registry.handler(for: context) else { return Ack() }
        return try await handler(context)
    }

    // MARK: Errors

    /// Runs what is not called for an event, such as a callback; its errors go where those of handlers go.
    func run(_ name: String, of namespace: String, _ body: @Sendable () async throws -> Void) async {
        do {
            try await body()
        } catch {
            let context = EventContext(
                namespace: namespace, name: name, arguments: [], socketID: state.sid(of: namespace), wantsAck: false)
            await handle(error, in: context, of: nil)
        }
    }

    /// - Parameter delivery: the event that the error came of, if it was one.
    private func handle(_ error: any Error, in context: EventContext, of delivery: Delivery?) async {
        do {
            guard let handler = registry.exceptionHandler(for: error) else { throw error }
            let ack = try await handler.run(error, context)
            if let delivery, let id = delivery.ackID, let ack { try await acknowledge(delivery, id, ack) }
        } catch {
            await report(error, in: context)
        }
    }

    /// Nobody took it: it goes to the log and to the handler of `error`.
    private func report(_ error: any Error, in context: EventContext) async {
        logger.error(
            "a handler failed and no exception handler took its error",
            metadata: [
                "event": "\(context.name)", "namespace": "\(context.namespace)", "error": "\(error.loggedText)",
            ])
        guard !(context.isLocal && context.name == "error") else { return }
        let report = EventContext(
            namespace: context.namespace, name: "error",
            arguments: [.string("\(error)"), .string(context.name)], socketID: context.socketID, wantsAck: false,
            isLocal: true)
        do {
            _ = try await registry.handler(for: report)?(report)
        } catch {
            logger.error("the handler of error failed", metadata: ["error": "\(error.loggedText)"])
        }
    }
}

extension Delivery {
    /// Whether the client tells it, and not the server by an event.
    var isLocal: Bool {
        if case .event = kind { false } else { true }
    }

    var sizeBytes: Int {
        if case .event(let packet) = kind { packet.sizeBytes } else { 0 }
    }

    /// The digits of the ack id of an event that asks for an answer.
    var ackID: String? {
        if case .event(let packet) = kind { packet.ackID } else { nil }
    }

    /// The name of an event whose content cannot be read; empty where it has none.
    var unreadName: String {
        if case .event(let packet) = kind { packet.eventName ?? "" } else { "" }
    }

    /// The event's name and its arguments, as handlers get them.
    func content() throws(SocketIOClientError) -> (name: String, arguments: [SocketIOValue]) {
        switch kind {
        case .connect, .finished: return ("connect", [])
        case .disconnect(let reason, let details):
            return ("disconnect", [.string(reason.rawValue), .string(details)])
        case .failed(let error): return ("connect_error", [error.data ?? .string(error.message)])
        case .refused(let refusal): return ("connect_error", refusal.arguments)
        case .unreadable(let error): throw error
        case .event(let packet):
            var list = try SocketIOValue.list(of: packet)[...]
            guard let name = list.popFirst()?.string else {
                throw SocketIOClientError(.decoding, "the server sent an event whose name is no string")
            }
            guard !EventContext.cannotBeEmitted.contains(name) else {
                throw SocketIOClientError(
                    .protocolViolation, "the server sent an event with a name that the protocol keeps for itself")
            }
            return (name, Array(list))
        }
    }
}

extension Error {
    /// As it may be logged: without arguments.
    fileprivate var loggedText: String {
        guard let error = self as? SocketIOClientError else { return "\(self)" }
        return "\(error.code.rawValue): \(error.loggedMessage)"
    }
}
