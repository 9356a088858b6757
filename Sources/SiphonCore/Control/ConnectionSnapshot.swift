package import EngineIOCore

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
