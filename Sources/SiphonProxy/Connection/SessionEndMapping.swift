import EngineIOTransport
import EngineIOCore
import NIOCore
import NIOHTTP1
import SiphonCore

extension SessionEnd {
    /// What the other hop is made to see: the kind of ending, not Siphon's own part in it.
    var mapped: ClosingKind {
        switch self {
        case .closedByPeer, .closedLocally: .orderly
        case .webSocketClosed(let code, let reason): .webSocket(code: code, reason: reason)
        case .lost, .notOpened, .pingTimeout, .protocolViolation: .abort
        case .refused(let status, let body): .refused(status: status, body: body)
        case .queueFull: .webSocket(code: 1011, reason: "Siphon: the other side reads too slowly")
        }
    }

    /// For the log, the capture and `closeReason`.
    var sentence: String {
        switch self {
        case .closedByPeer: "closed in good order"
        case .closedLocally: "closed by Siphon"
        case .webSocketClosed(let code?, ""): "WebSocket closed with code \(code)"
        case .webSocketClosed(let code?, let reason): "WebSocket closed with code \(code): \(reason)"
        case .webSocketClosed(nil, _): "WebSocket closed"
        case .lost: "connection lost"
        case .notOpened: "no handshake in time"
        case .pingTimeout: "ping timeout"
        case .protocolViolation(let error): "protocol violation: \(error.code.rawValue)"
        case .refused(let status, _): "polling request answered with status \(status)"
        case .queueFull: "the peer reads too slowly: more waits to be sent than allowed"
        }
    }
}

extension HTTPConnection.Failure {
    /// What the client's request is answered with.
    var status: HTTPResponseStatus { self == .noDescriptors ? .serviceUnavailable : .badGateway }

    /// What a client is told where the upstream could not answer its handshake.
    func sentence(upstream: UpstreamURL) -> String {
        switch self {
        case .unreachable: "cannot reach the upstream \(upstream): is it running?"
        case .noDescriptors:
            "no file descriptor is left for a connection to the upstream \(upstream); raise the limit, ulimit -n"
        case .tls(let reason): "no TLS with the upstream \(upstream): \(reason)"
        case .proxyRefused(let status): "the proxy to the upstream \(upstream) answered with status \(status)"
        case .proxyFailed(let reason): "no way through the proxy to the upstream \(upstream): \(reason)"
        case .brokeOff: "the upstream \(upstream) closed the connection before it answered"
        case .tooLarge: "the answer of the upstream \(upstream) is too large"
        case .badResponse: "the upstream \(upstream) answered with something that is not what was asked for"
        }
    }
}
