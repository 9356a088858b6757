import NIOCore

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
