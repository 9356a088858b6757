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

    /// Lets a page of another origin read an answer that is Siphon's own.
    var crossOriginHeaders: HTTPHeaders {
        guard let origin = headers.first(name: "origin") else { return [:] }
        return ["Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true", "Vary": "Origin"]
    }
}

/// The fields that the upstream's handshake response gave for the client's responses.
struct SessionHeaders {
    /// On every response: what a browser has to see on each.
    private(set) var each: HTTPHeaders = [:]
    private var first: HTTPHeaders?

    mutating func begin(_ headers: HTTPHeaders, mapping: HeaderMapping) {
        each = mapping.sessionResponse(headers)
        first = mapping.handshakeResponse(headers)
    }

    /// The handshake's fields once, then those that every response has.
    mutating func next() -> HTTPHeaders {
        defer { first = nil }
        return first ?? each
    }
}

extension JSONValue {
    static func openPacket(_ handshake: EngineHandshake) -> JSONValue {
        (try? JSONValue(parsing: Array(handshake.encoded().readableBytesView))) ?? .null
    }
}
