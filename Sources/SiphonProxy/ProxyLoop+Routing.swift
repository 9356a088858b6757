import EngineIOTransport
import EngineIOCore
import NIOHTTP1
import SiphonCore

extension ProxyLoop: RequestRouter {
    var movesConnections: Bool { configuration.threads > 1 }

    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
        countRequest()
        guard head.uri.hasPrefix("/") || head.uri == "*" else {
            return FixedAnswer(
                .forbidden, text: "Siphon is no forward proxy: requests go to its upstream alone, by their path.\n",
                client: client)
        }
        // RFC 9112, 3.2.
        guard head.hasRightHost else {
            return FixedAnswer(.badRequest, text: "A request needs one Host field.\n", client: client)
        }
        guard let request = EngineRequest(target: head.uri, enginePath: configuration.path) else {
            return PassingRequest(head, client: client, loop: self)
        }
        if let sid = request.sid {
            guard let session = session(sid) else {
                if let home = home(of: sid), let loop = loop(of: home) {
                    return MovingRequest(client: client, to: loop, home: home)
                }
                return strangerReceiver(head, request, client)
            }
            return SessionRequest.receiver(
                for: head, request, of: session, exchange: transport.nextExchange(), client: client)
                ?? PassingRequest(head, client: client, loop: self)
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
    /// RFC 9112, 3.2: one `Host`, or none by HTTP/1.0.
    fileprivate var hasRightHost: Bool {
        let hosts = headers.count { $0.name.utf8.count == 4 && $0.name.lowercased() == "host" }
        return hosts == 1 || (hosts == 0 && version.minor == 0)
    }
}
