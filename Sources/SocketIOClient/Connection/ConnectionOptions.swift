import NIOCore

/// What a client is told once about its connections, beside what `ClientMachine.Configuration` holds.
struct ConnectionOptions: Sendable {
    var requestTimeout = Duration.seconds(5)
    var security = ClientSecurity()
    /// Sent with every request; those of `connect` come in place of ones of the same name.
    var headers: [String: String] = [:]
    /// The URL of an HTTP proxy; nil for none.
    var proxy: String?
    /// The first is what the session is opened with.
    var transports: [Transport] = [.polling, .websocket]
    /// Engine.IO's, such as `/socket.io/`.
    var path = "/socket.io/"
}
