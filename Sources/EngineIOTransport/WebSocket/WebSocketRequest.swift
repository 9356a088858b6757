package import NIOHTTP1
import WebSocketCodec

extension HTTPRequestHead {
    package var asksForWebSocket: Bool { headers.first(name: "upgrade")?.lowercased() == "websocket" }

    /// The key of a WebSocket handshake that is in order (RFC 6455, section 4.2.1); nil for any other request.
    package var webSocketKey: String? {
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
    package var subprotocols: [String] { self[canonicalForm: "sec-websocket-protocol"].map(String.init) }
}
