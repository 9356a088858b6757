import EngineIOCore
import EngineIOTransport
import NIOCore
import NIOHTTP1

extension SocketIOClientError {
    /// The handshake was answered by something else than an open session.
    static func refused(_ response: HTTPResponse) -> SocketIOClientError {
        let status = response.head.status
        let body = String(buffer: response.body)
        let data: SocketIOValue? = body.isEmpty ? .none : (try? SocketIOValue(json: body)) ?? .string(body)
        let said = data?["message"]?.string ?? data?.string
        return SocketIOClientError(
            .handshakeRefused,
            "the handshake was answered \(status.code) \(status.reasonPhrase)" + (said.map { ": \($0)" } ?? "")
                + (status == .notFound ? ": is Socket.IO served there, under this path:?" : ""),
            data: data)
    }

    /// The handshake was not answered.
    static func failed(_ failure: HTTPConnection.Failure, _ timeout: Duration) -> SocketIOClientError {
        switch failure {
        case .unreachable(.connectionRefused):
            SocketIOClientError(.connectionRefused, "nobody listens there: is the server running, and the port right?")
        case .unreachable(.nameNotFound):
            SocketIOClientError(.nameNotFound, "no address goes by the name of that server, or of the proxy")
        case .unreachable(.timedOut): .timedOut("there was no connection", timeout)
        case .unreachable(.other(let reason)):
            SocketIOClientError(.connectionFailed, "the server cannot be reached: \(reason)")
        case .tls(let clause): SocketIOClientError(.tls, clause)
        case .proxyRefused(let status):
            SocketIOClientError(
                .proxyRefused,
                "the proxy answered \(status)"
                    + (status == 407 ? ": it wants another user and password in its URL" : ""))
        case .proxyFailed(let clause): SocketIOClientError(.proxyRefused, clause)
        case .noDescriptors:
            SocketIOClientError(
                .connectionFailed, "the process has no file descriptor left: raise its limit (ulimit -n)")
        case .brokeOff:
            SocketIOClientError(.connectionFailed, "the server closed the connection before it answered the handshake")
        case .tooLarge: SocketIOClientError(.protocolViolation, "the answer to the handshake is too large")
        case .badResponse:
            SocketIOClientError(.protocolViolation, "what answered the handshake does not speak HTTP as it should")
        }
    }

    /// The session ended before it was open.
    static func ended(_ end: SessionEnd, _ timeout: Duration) -> SocketIOClientError {
        switch end {
        case .notOpened: .timedOut("the handshake was not answered", timeout)
        case .protocolViolation(let error):
            SocketIOClientError(
                .protocolViolation, "what answered is no Engine.IO 4 (\(error.code.rawValue)): is Socket.IO there?")
        case .closedByPeer, .lost, .pingTimeout, .webSocketClosed, .refused, .closedLocally, .queueFull:
            SocketIOClientError(.connectionFailed, "the connection ended during the handshake: \(end.details)")
        }
    }

    private static func timedOut(_ what: String, _ timeout: Duration) -> SocketIOClientError {
        SocketIOClientError(
            .timeout, "\(what) within \(TimeAmount(timeout).seconds) s: requestTimeout: allows more time")
    }
}

extension SessionEnd {
    /// For people: what handlers of `disconnect` are told second.
    var details: String {
        switch self {
        case .closedByPeer: "transport close"
        case .webSocketClosed(let code, let reason):
            "transport close" + (code.map { " (\($0))" } ?? "") + (reason.isEmpty ? "" : ": \(reason)")
        case .lost: "the connection broke"
        case .notOpened: "no handshake in time"
        case .pingTimeout: "ping timeout"
        case .protocolViolation(let error): "parse error (\(error.code.rawValue))"
        case .refused(let status, _): "a request was answered \(status)"
        case .closedLocally: "closed here"
        case .queueFull: "the server takes nothing any more"
        }
    }
}
