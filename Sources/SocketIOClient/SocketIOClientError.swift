/// What went wrong, as a code for programs and a sentence for people.
///
/// The error of a cancelled task is `CancellationError`; what a handler throws is passed on unchanged.
public struct SocketIOClientError: Error, Sendable {
    public enum Code: String, Sendable, CaseIterable {
        // MARK: Of `connect`

        /// The URL, a header, the path or a namespace cannot be used.
        case invalidAddress
        /// Nothing listens at that address.
        case connectionRefused
        /// The server's name has no address.
        case nameNotFound
        /// A network problem: the connection could not be made, or broke before it was usable.
        case connectionFailed
        /// The TLS handshake failed: a bad certificate, the wrong name in it, or no TLS there at all.
        case tls
        /// The HTTP proxy did not let the connection through.
        case proxyRefused
        /// The server, or something in front of it, answered the handshake with a status other than 200 or 101, such as
        /// a redirect.
        case handshakeRefused
        /// What answered does not speak Engine.IO 4 or Socket.IO 3 and 4, or broke their rules. Exception handlers also
        /// get it for a packet that was skipped.
        case protocolViolation
        /// The server refused at least one namespace, or ended it before all were joined.
        case namespaceRefused
        /// The client is connected, or is connecting.
        case alreadyConnected

        // MARK: Of `emit`, `send` and `call`

        /// There is no connection.
        case notConnected
        /// There is a connection, but not to that namespace.
        case badNamespace
        /// The event's name is one that the protocol reserves.
        case reservedEvent
        /// More is waiting to be sent than `ClientLimits` allows.
        case sendBufferFull
        /// More events are waiting for their acks than `ClientLimits` allows.
        case tooManyPendingAcks

        // MARK: Of what was waited for

        /// It did not come in time: an answer to the handshake or for a namespace, an ack, an event.
        case timeout
        /// The connection ended before it came.
        case disconnected
        /// Events arrived faster than they were read, or too many before their namespace was joined.
        case receiveBufferFull

        // MARK: Of values

        /// A value that cannot be sent.
        case encoding
        /// A value that does not have the expected shape, or cannot be read.
        case decoding
    }

    public let code: Code
    /// One sentence that says what happened and, where it helps, what to do.
    public let message: String
    /// What the server said with it: the data of a refused namespace, the body of a refused handshake.
    public let data: SocketIOValue?
    /// The underlying error, if another one caused this.
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
    /// Whether code, message and data are the same, whatever the causes.
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
