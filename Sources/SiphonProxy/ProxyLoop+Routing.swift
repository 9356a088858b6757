import EngineIOCore
import NIOHTTP1
import SiphonCore
import WebSocketCodec

extension ProxyLoop: RequestRouter {
    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
        countRequest()
        guard head.uri.hasPrefix("/") || head.uri == "*" else {
            return FixedAnswer(
                .forbidden, text: "Siphon is no forward proxy: requests go to its upstream alone, by their path.\n",
                client: client)
        }
        // RFC 9112, 3.2.
        guard head.headers["host"].count == 1 || (head.version.minor == 0 && !head.headers.contains(name: "host"))
        else {
            return FixedAnswer(.badRequest, text: "A request needs one Host field.\n", client: client)
        }
        guard let request = EngineRequest(target: head.uri, enginePath: configuration.path) else {
            return PassingRequest(head, client: client, loop: self)
        }
        if let sid = request.sid {
            guard let session = session(sid) else {
                if let home = home(of: sid), let loop = loop(of: home) {
                    return MovingRequest(head, client: client, to: loop, home: home)
                }
                return strangerReceiver(head, request, client)
            }
            return sessionReceiver(head, request, session, client)
        }
        return handshakeReceiver(head, request, client)
    }

    /// A handshake that opens a connection. Everything else without a session id goes to the upstream as it is, so
    /// that its own answer is what the client sees.
    private func handshakeReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ client: ClientHandler
    ) -> any RequestReceiver {
        guard head.method == .GET, request.version == EngineVersion.four.parameter,
            let transport = EngineTransport(rawValue: request.transport ?? "")
        else { return PassingRequest(head, client: client, loop: self) }
        if transport == .webSocket, head.webSocketKey == nil {
            guard head.asksForWebSocket else { return PassingRequest(head, client: client, loop: self) }
            return FixedAnswer(
                head.headers.first(name: "sec-websocket-version") == "13" ? .badRequest : .upgradeRequired,
                text: "This is no WebSocket handshake of version 13 (RFC 6455, section 4.2.1).\n",
                headers: ["Sec-WebSocket-Version": "13"], client: client)
        }
        let handshake = ClientHandshake(
            request: request, transport: transport, headers: head.headers, target: head.uri,
            clientAddress: client.address, webSocketKey: transport == .webSocket ? head.webSocketKey : nil)
        return HandshakeRequest(handshake, client: client, loop: self)
    }

    private func sessionReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ session: SocketIOConnection, _ client: ClientHandler
    ) -> any RequestReceiver {
        let exchange = nextExchange()
        switch (request.transport, head.method) {
        case ("websocket", _):
            guard head.method == .GET, let key = head.webSocketKey else {
                return FixedAnswer(refusal: .badRequest, for: head, client: client)
            }
            let kind = SessionRequest.Kind.webSocket(key: key, subprotocols: head.headers.subprotocols)
            return SessionRequest(kind, exchange, session, client)
        case ("polling", .GET): return SessionRequest(.poll, exchange, session, client)
        case ("polling", .POST):
            let type = head.headers.first(name: "content-type")
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            return SessionRequest(.post(contentType: type, contentLength: length), exchange, session, client)
        case ("polling", .OPTIONS): return PassingRequest(head, client: client, loop: self)
        case ("polling", _): return FixedAnswer(.methodNotAllowed, text: "", client: client)
        default: return FixedAnswer(refusal: .unknownTransport, for: head, client: client)
        }
    }

    /// A session id that is none of ours: a session that has ended, or, of another version, one that was never ours.
    private func strangerReceiver(
        _ head: HTTPRequestHead, _ request: EngineRequest, _ client: ClientHandler
    ) -> any RequestReceiver {
        guard request.version == EngineVersion.four.parameter, head.method != .OPTIONS else {
            return PassingRequest(head, client: client, loop: self)
        }
        guard head.webSocketKey == nil else {
            return FixedAnswer(.badRequest, text: EngineRefusal.unknownSession.message, client: client)
        }
        return FixedAnswer(refusal: .unknownSession, for: head, client: client)
    }
}

extension HTTPRequestHead {
    var asksForWebSocket: Bool { headers.first(name: "upgrade")?.lowercased() == "websocket" }

    /// The key of a WebSocket handshake that is in order (RFC 6455, section 4.2.1); nil for any other request.
    var webSocketKey: String? {
        guard method == .GET, asksForWebSocket,
            headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }),
            headers.first(name: "sec-websocket-version") == "13",
            let key = headers.first(name: "sec-websocket-key"), WebSocketHandshake.isValidKey(key)
        else { return nil }
        return key
    }
}

extension HTTPHeaders {
    /// The subprotocols that a WebSocket handshake lists, from all its lines (RFC 6455, 4.1).
    var subprotocols: [String] { self[canonicalForm: "sec-websocket-protocol"].map(String.init) }
}
