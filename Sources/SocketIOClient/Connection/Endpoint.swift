import EngineIOTransport
import NIOCore
import NIOHTTP1

/// Where one attempt connects to: made of the answers of `connect` and of what the client was told.
struct Endpoint {
    let request: EngineRequest
    let headers: HTTPHeaders
    let dialer: Dialer

    init(_ answer: ConnectSource.Answer, _ options: ConnectionOptions) throws(SocketIOClientError) {
        request = EngineRequest(path: options.path)
        let parts = answer.url.split(separator: "/")[1].split(separator: ":")
        headers = ["Host": String(parts[0])]
        dialer = Dialer(host: String(parts[0]), port: Int(parts[1]) ?? 80, timeout: options.requestTimeout)
    }
}

import EngineIOCore
extension SocketIOClientError {
    static func refused(_ response: HTTPResponse) -> SocketIOClientError { .init(.handshakeRefused, "") }
    static func failed(_ failure: HTTPConnection.Failure, _ options: ConnectionOptions) -> SocketIOClientError {
        .init(.connectionFailed, "")
    }
    static func ended(_ end: SessionEnd, _ options: ConnectionOptions) -> SocketIOClientError {
        .init(.connectionFailed, "")
    }
}
extension SessionEnd { var details: String { "" } }
