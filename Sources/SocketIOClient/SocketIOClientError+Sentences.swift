import NIOCore

extension SocketIOClientError {
    static let alreadyConnected = SocketIOClientError(
        .alreadyConnected, "the client is connected, or is connecting: call disconnect() first")
    static let disconnected = SocketIOClientError(
        .disconnected, "the connection ended before the ack came: the server may or may not have had the event")
    static let disconnectedWhileConnecting = SocketIOClientError(
        .disconnected, "disconnect() was called while connecting")
    static let ackTimeout = SocketIOClientError(
        .timeout, "no ack came in time: does the server acknowledge this event?")
    static let notSentInTime = SocketIOClientError(
        .timeout, "the event could not leave in time for its ack: the server takes nothing of what was sent before")
    static let volatileDropped = SocketIOClientError(
        .notConnected, "the volatile event was dropped: it could not be sent at once")

    static func notJoined(_ namespace: String, isConnected: Bool) -> SocketIOClientError {
        isConnected
            ? SocketIOClientError(
                .badNamespace, "\(namespace) is not a connected namespace: name it in connect(…, namespaces:)")
            : SocketIOClientError(.notConnected, "there is no connection: call connect() first, or wait for it")
    }
}

extension TimeAmount {
    /// For sentences.
    var seconds: Double { Double(nanoseconds) / 1e9 }
}
