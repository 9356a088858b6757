package import EngineIOCore
package import LosslessJSON

/// What a connection is at one moment.
package struct ConnectionSnapshot: Sendable {
    package enum ProtocolName: String, Sendable {
        case socketIO = "socket.io"
        case webSocket = "websocket"
    }

    package struct Namespace: Sendable {
        package var name: String
        /// The Socket.IO id that the client was given; nil before that, and for one of more than 1024 bytes.
        package var sid: String?

        package init(name: String, sid: String?) {
            self.name = name
            self.sid = sid
        }
    }

    package var id: ConnectionID
    package var protocolName: ProtocolName
    /// Nanoseconds since 1970, UTC.
    package var openedAt: Int64
    package var closedAt: Int64?
    package var closeReason: String?
    package var clientAddress: String
    package var clientTransport: EngineTransport
    package var upstreamTransport: EngineTransport
    /// The Engine.IO number, 3 or 4; nil for other WebSockets.
    package var engineVersion: Int?
    package var userAgent: String?
    package var upstreamSID: String?
    package var namespaces: [Namespace]
    package var eventsFromClient: Int
    package var eventsFromUpstream: Int
    /// The client's handshake request, header by header, in order. Tokens and cookies are in it.
    package var handshakeHeaders: [(name: String, value: String)]
    /// The path and query of the handshake request.
    package var handshakeTarget: String

    package init(
        id: ConnectionID, protocolName: ProtocolName, openedAt: Int64, closedAt: Int64? = nil,
        closeReason: String? = nil, clientAddress: String, clientTransport: EngineTransport,
        upstreamTransport: EngineTransport, engineVersion: Int?, userAgent: String? = nil, upstreamSID: String? = nil,
        namespaces: [Namespace] = [], eventsFromClient: Int = 0, eventsFromUpstream: Int = 0,
        handshakeHeaders: [(name: String, value: String)] = [], handshakeTarget: String = ""
    ) {
        self.id = id
        self.protocolName = protocolName
        self.openedAt = openedAt
        self.closedAt = closedAt
        self.closeReason = closeReason
        self.clientAddress = clientAddress
        self.clientTransport = clientTransport
        self.upstreamTransport = upstreamTransport
        self.engineVersion = engineVersion
        self.userAgent = userAgent
        self.upstreamSID = upstreamSID
        self.namespaces = namespaces
        self.eventsFromClient = eventsFromClient
        self.eventsFromUpstream = eventsFromUpstream
        self.handshakeHeaders = handshakeHeaders
        self.handshakeTarget = handshakeTarget
    }
}

/// An event to send to one side of a connection as if the other side had sent it.
package struct Injection: Sendable {
    package var to: Side
    package var namespace: String
    package var name: String
    /// The arguments without the name. A binary one is `{"_placeholder":true,"num":n}`, numbered from 0 in order.
    package var arguments: [JSONValue]
    package var attachments: [[UInt8]]
    package var wantsAck: Bool
    /// How long to wait for the ack; 1 ms to 10 minutes.
    package var timeout: Duration

    package init(
        to: Side, namespace: String, name: String, arguments: [JSONValue], attachments: [[UInt8]] = [],
        wantsAck: Bool = false, timeout: Duration = .seconds(5)
    ) {
        self.to = to
        self.namespace = namespace
        self.name = name
        self.arguments = arguments
        self.attachments = attachments
        self.wantsAck = wantsAck
        self.timeout = timeout
    }
}

package struct InjectionResult: Sendable {
    package struct Ack: Sendable {
        /// The list of the ack, as JSON text; placeholders as on the wire.
        package var arguments: [UInt8]
        package var attachments: [[UInt8]]
        package var latency: Duration

        package init(arguments: [UInt8], attachments: [[UInt8]] = [], latency: Duration) {
            self.arguments = arguments
            self.attachments = attachments
            self.latency = latency
        }
    }

    package var event: EventID
    package var ack: Ack?

    package init(event: EventID, ack: Ack? = nil) {
        self.event = event
        self.ack = ack
    }
}

/// Why the proxy would not do what was asked of it.
package enum ControlError: Error, Equatable, Sendable {
    case noSuchConnection
    case connectionClosed
    case namespaceNotJoined(String)
    /// What is wrong with the content, as a sentence.
    case invalid(String)
    /// No ack came in time; the event was sent.
    case ackTimeout(event: EventID)
    /// Too many injected events await an ack.
    case tooManyPending
}

package enum DisconnectMethod: Equatable, Sendable {
    /// Cut both hops as a network loss would.
    case transport
    /// End the Engine.IO session on both hops in good order, as a server does that shuts down.
    case server
    /// Send a Socket.IO disconnect of one namespace to both sides.
    case namespace(String)
}

package struct ProxyStatus: Sendable {
    package var upstreamURL: String
    /// Whether the last attempt to reach the upstream succeeded; nil before the first.
    package var upstreamReachable: Bool?
    /// Connections that are open.
    package var connections: Int
    package var httpRequests: Int

    package init(upstreamURL: String, upstreamReachable: Bool?, connections: Int, httpRequests: Int) {
        self.upstreamURL = upstreamURL
        self.upstreamReachable = upstreamReachable
        self.connections = connections
        self.httpRequests = httpRequests
    }
}

/// What the inspector may ask of the running proxy. Every function may be called from any task.
///
/// Errors come as a `Result`: optimised by Swift 6.3, a typed error thrown out of an asynchronous function into a task
/// group overwrote what the task had captured.
package protocol ProxyControl: Sendable {
    func status() async -> ProxyStatus

    /// The open connections and the closed ones that are still kept, ascending by id, without handshake headers.
    func connections() async -> [ConnectionSnapshot]

    /// One connection with its handshake headers.
    func connection(_ id: ConnectionID) async -> ConnectionSnapshot?

    func inject(_ injection: Injection, into id: ConnectionID) async -> Result<InjectionResult, ControlError>

    func disconnect(_ id: ConnectionID, how: DisconnectMethod) async -> Result<Void, ControlError>

    /// Makes every event that has been forwarded so far readable in the capture.
    func flushCapture() async
}
