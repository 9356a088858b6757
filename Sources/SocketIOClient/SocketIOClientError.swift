/// What went wrong, as a code for programs and a sentence for people.
///
/// Of a task that was cancelled the error is `CancellationError`; what a handler throws stays what it is.
public struct SocketIOClientError: Error, Sendable {
    public enum Code: String, Sendable, CaseIterable {
        // MARK: Of `connect`

        /// The URL, a header, the path or a namespace cannot be used.
        case invalidAddress
        /// Nobody listens there.
        case connectionRefused
        /// No address goes by the server's name.
        case nameNotFound
        /// The connection could not be made or broke before it was usable, for a reason of the network.
        case connectionFailed
        /// The TLS handshake failed: the certificate, its name, or no TLS there at all.
        case tls
        /// The HTTP proxy did not let the connection through.
        case proxyRefused
        /// The server, or what stands before it, answered the handshake with another status than 200 or 101.
        case handshakeRefused
        /// What answered speaks no Engine.IO 4, or broke its rules.
        case protocolViolation
        /// The server refused at least one namespace.
        case namespaceRefused
        /// The client is connected, or is connecting.
        case alreadyConnected

        // MARK: Of `emit`, `send` and `call`

        /// There is no connection.
        case notConnected
        /// There is a connection, but not to that namespace.
        case badNamespace
        /// A name that the protocol keeps for itself.
        case reservedEvent
        /// More waits to be sent than `ClientLimits` allows.
        case sendBufferFull
        /// More events wait for their acks than `ClientLimits` allows.
        case tooManyPendingAcks

        // MARK: Of what was waited for

        /// It did not come in time: an answer to the handshake, a namespace, an ack, an event.
        case timeout
        /// The connection ended before it came.
        case disconnected
        /// Events came faster than they were taken.
        case receiveBufferFull

        // MARK: Of values

        /// A value that cannot be sent.
        case encoding
        /// A value of another shape than was asked for, or none that can be read.
        case decoding
    }

    public let code: Code
    /// One sentence that says what happened and, where that helps, what to do.
    public let message: String
    /// What the server said with it: the data of a refused namespace, the body of a refused handshake.
    public let data: SocketIOValue?
    /// The error below it, if another one caused this.
    public let cause: (any Error)?
    /// The message as it may be logged: without the arguments that it quotes.
    let loggedMessage: String

    public init(code: Code, message: String, data: SocketIOValue? = nil, cause: (any Error)? = nil) {
        self.init(code, message, data: data, cause: cause)
    }

    init(
        _ code: Code, _ message: String, logged: String? = nil, data: SocketIOValue? = nil, cause: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.data = data
        self.cause = cause
        loggedMessage = logged ?? message
    }
}

extension SocketIOClientError: Hashable {
    /// Whether they say the same, whatever caused them.
    public static func == (left: SocketIOClientError, right: SocketIOClientError) -> Bool {
        left.code == right.code && left.message == right.message && left.data == right.data
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
    }
}

extension SocketIOClientError: CustomStringConvertible {
    /// The code and the sentence.
    public var description: String { "\(code.rawValue): \(message)" }
}
