import EngineIOTransport
import EngineIOCore
import LosslessJSON
import NIOCore
import NIOHTTP1
import WebSocketCodec

/// The client's request that opens a connection, and what follows from it for the upstream hop.
struct ClientHandshake {
    let request: EngineRequest
    let transport: EngineTransport
    let headers: HTTPHeaders
    let target: String
    let clientAddress: String
    /// `Sec-WebSocket-Key` where the client opens by WebSocket.
    let webSocketKey: String?

    /// The origin under which the client sees the proxy.
    var proxyOrigin: String { "http://\(headers.first(name: "host") ?? "localhost")" }

    /// For the capture. The query may hold tokens, as the capture as a whole may.
    var summary: JSONValue { [["target": JSONValue(target), "transport": JSONValue(transport.rawValue)]] }
}

extension JSONValue {
    static func openPacket(_ handshake: EngineHandshake) -> JSONValue {
        (try? JSONValue(parsing: Array(handshake.encoded().readableBytesView))) ?? .null
    }
}
