import EngineIOTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import SiphonCore

extension Dialer {
    /// The body of the answer to a GET.
    func get() async throws -> Result<String, HTTPConnection.Failure> {
        let loop = LoopbackServer.group.next()
        return try await loop.flatSubmit {
            let promise = loop.makePromise(of: Result<String, HTTPConnection.Failure>.self)
            let connection = HTTPConnection(eventLoop: loop, dialer: self, limits: Limits())
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": "test"])
            connection.send(head, body: nil, answerBytesLimit: 1000) { result in
                promise.succeed(result.map { String(buffer: $0.body) })
                connection.close()
            }
            return promise.futureResult
        }.get()
    }
}

extension DialSecurity {
    /// Trusts the tests' authority.
    static func testing(_ host: String, client: ClientCertificate? = nil) throws -> DialSecurity {
        try DialSecurity(
            host: host, trustRoots: .pem(Array(TestCertificates.authority.utf8)), clientCertificate: client)
    }
}

/// A server's answer to a GET.
let hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
