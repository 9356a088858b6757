import NIOCore
import SocketIOCore

/// An event that is ready to leave, and the client it leaves by.
struct Outgoing {
    let core: ClientCore
    let emission: Emission
    private let event: String
    private let values: [SocketIOValue]

    init(
        _ scope: some NamespaceScope, _ event: String, _ values: [SocketIOValue], _ namespace: String?,
        _ isVolatile: Bool = false, request: AckRequest?
    ) throws {
        let (core, namespace) = try scope.target.resolve(namespace)
        guard !EventContext.cannotBeEmitted.contains(event) else {
            throw SocketIOClientError(.reservedEvent, "“\(event)” is a name that the protocol keeps for itself")
        }
        let payload = try WirePayload(eventName: event, arguments: values)
        let size = payload.attachments.reduce(payload.json.count) { $0 + $1.readableBytes }
        guard size <= core.state.limits.messageBytes else {
            throw SocketIOClientError(
                .encoding, "the event has \(size) bytes, more than ClientLimits.messageBytes allows")
        }
        self.core = core
        self.event = event
        self.values = values
        emission = Emission(
            namespace: namespace, kind: .event(request), payload: payload.json, attachments: payload.attachments,
            isVolatile: isVolatile)
    }

    init(
        _ scope: some NamespaceScope, _ event: String, _ values: [SocketIOValue], _ namespace: String?,
        _ isVolatile: Bool, _ timeout: Duration?, _ callback: AckCallback?
    ) throws {
        let (core, name) = try scope.target.resolve(namespace)
        let (dispatcher, lanes) = (core.dispatcher, core.lanes)
        let request = callback.map { callback in
            let timeout = timeout ?? core.ackTimeout(isVolatile: isVolatile)
            return AckRequest(timeout: timeout.map { TimeAmount($0) }) { answer in
                lanes.push(
                    .callback {
                        await dispatcher.run(event, of: name) {
                            try await callback(answer.arguments)
                        }
                    }, to: .init(namespace: name, isOfCallbacks: true))
            }
        }
        try self.init(scope, event, values, namespace, isVolatile, request: request)
    }

    /// Once it was accepted.
    func tellObservers() {
        guard let observers = core.registry.outgoing else { return }
        let context = EventContext(
            namespace: emission.namespace, name: event, arguments: values,
            socketID: core.state.sid(of: emission.namespace), wantsAck: emission.ackRequest != nil)
        for observer in observers { observer(context) }
    }
}

extension AckRequest.Answer {
    fileprivate var arguments: Result<Arguments, SocketIOClientError> {
        Result<Arguments, SocketIOClientError> { () throws(SocketIOClientError) in
            Arguments(try SocketIOValue.list(of: try get()))
        }
    }
}
