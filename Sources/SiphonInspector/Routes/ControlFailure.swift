import SiphonCore

extension InspectorError {
    static let noSuchConnection = InspectorError(.notFound, "there is no such connection")
    static let noSuchEvent = InspectorError(.notFound, "there is no such event, or it is no longer in memory")
    static let noSuchRule = InspectorError(.notFound, "there is no such rule")

    /// What the proxy's refusal is to a caller of the API.
    init(_ error: ControlError) {
        switch error {
        case .noSuchConnection: self = .noSuchConnection
        case .connectionClosed: self.init(.conflict, "the connection is closed")
        case .namespaceNotJoined(let name): self.init(.conflict, "the namespace \(name) is not joined")
        case .invalid(let message): self.init(.invalid, message)
        case .ackTimeout(let event):
            self.init(.ackTimeout, "the event was sent, but no ack came in time", event: event.description)
        case .tooManyPending: self.init(.tooMany, "too many injected events of this connection await an ack")
        }
    }
}
