package import NIOCore

/// The answer to one polling request. Headers besides the content type are the shell's.
package struct PollingResponse: Hashable, Sendable {
    package let status: Int
    package let contentType: String
    package let body: ByteBuffer

    package init(status: Int, contentType: String = PollingResponse.text, body: ByteBuffer = ByteBuffer()) {
        self.status = status
        self.contentType = contentType
        self.body = body
    }

    package static let text = "text/plain; charset=UTF-8"

    /// The answer to a GET.
    static func payload(_ body: ByteBuffer) -> PollingResponse { PollingResponse(status: 200, body: body) }

    static func packet(_ packet: EnginePacket) -> PollingResponse { payload(PollingPayload.encode([packet])) }

    /// The answer to a POST that was read. It does not say that anyone liked the content.
    static let ok = PollingResponse(status: 200, contentType: "text/html", body: ByteBuffer(string: "ok"))
    static let badRequest = PollingResponse(status: 400)
    static let tooLarge = PollingResponse(status: 413)
}

/// Why a request is refused before it reaches a session, or by one that does not take it: the codes of the JavaScript
/// server.
package enum EngineRefusal: Int, Hashable, Sendable {
    case unknownTransport = 0
    case unknownSession = 1
    case badHandshakeMethod = 2
    case badRequest = 3
    case forbidden = 4
    case unsupportedVersion = 5

    package var message: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .unsupportedVersion: "Unsupported protocol version"
        }
    }

    /// The answer to a polling request: 400, or 403 for `forbidden`, and `{"code":…,"message":"…"}`.
    package var response: PollingResponse {
        PollingResponse(
            status: self == .forbidden ? 403 : 400, contentType: "application/json",
            body: ByteBuffer(string: #"{"code":\#(rawValue),"message":"\#(message)"}"#))
    }
}
