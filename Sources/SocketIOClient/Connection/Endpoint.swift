import EngineIOTransport
import NIOCore
import NIOHTTP1

/// Where one attempt connects to: made of the answers of `connect` and of what the client was told.
struct Endpoint: Sendable {
    let request: EngineRequest
    /// Without cookies.
    let headers: HTTPHeaders
    let cookies: CookieJar
    let dialer: Dialer

    /// May block: trust roots are read.
    init(_ answer: ConnectSource.Answer, _ options: ConnectionOptions) throws(SocketIOClientError) {
        let url = try Self.url(answer.url)
        guard url.path.isEmpty || url.path == "/" else {
            throw SocketIOClientError(
                .invalidAddress,
                "the path \(url.path) of the URL leads nowhere: say namespaces: for a namespace, and path: for where "
                    + "the server listens")
        }
        request = EngineRequest(path: options.path, appQuery: url.query)
        var headers = try Self.headers(of: url, options.headers, answer.headers)
        cookies = CookieJar(clientHeaders: headers)
        headers.remove(name: "Cookie")
        self.headers = headers
        let security = url.isSecure ? try Self.security(options.security, host: url.host) : nil
        dialer = Dialer(
            host: url.host, port: url.port, timeout: options.requestTimeout, security: security,
            proxy: try options.proxy.map { text throws(SocketIOClientError) in try Self.proxy(text, options.security) })
    }

    private static func url(_ text: String) throws(SocketIOClientError) -> ServerURL {
        do throws(ServerURL.Invalid) {
            return try ServerURL(parsing: text)
        } catch {
            throw SocketIOClientError(.invalidAddress, error.expected)
        }
    }

    private static func proxy(
        _ text: String, _ security: ClientSecurity
    ) throws(SocketIOClientError) -> DialProxy {
        let url = try url(text)
        // What this client shows to a server is not for the proxy.
        var security = security
        security.certificate = nil
        return DialProxy(url: url, security: url.isSecure ? try self.security(security, host: url.host) : nil)
    }

    private static func security(
        _ security: ClientSecurity, host: String
    ) throws(SocketIOClientError) -> DialSecurity {
        let roots: DialSecurity.TrustRoots =
            switch security.trustRoots.source {
            case .system: .system
            case .file(let path): .file(path)
            case .pem(let text): .pem(Array(text.utf8))
            }
        let certificate = security.certificate.map { certificate in
            DialSecurity.ClientCertificate(
                chain: Array(certificate.chain.utf8), key: Array(certificate.privateKey.utf8))
        }
        do throws(DialSecurity.Invalid) {
            return try DialSecurity(
                host: host, verifies: security.verifies, trustRoots: roots, clientCertificate: certificate)
        } catch {
            throw SocketIOClientError(.tls, error.expected)
        }
    }

    // MARK: Headers

    /// Later ones come in the place of earlier ones of the same name.
    private static func headers(
        of url: ServerURL, _ lists: [String: String]...
    ) throws(SocketIOClientError) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Host": url.authority, "User-Agent": "SocketIOClient (Swift)"]
        if let authorization = url.authorization { headers.add(name: "Authorization", value: authorization) }
        for list in lists {
            for (name, value) in list.sorted(by: { $0.key < $1.key }) {
                guard name.isFieldName, value.isFieldValue else {
                    throw SocketIOClientError(
                        .invalidAddress, "“\(name)” is no header field that can be sent: a line break, or no name")
                }
                headers.replaceOrAdd(name: name, value: value)
            }
        }
        return headers
    }
}

extension String {
    /// RFC 9110, 5.6.2.
    fileprivate var isFieldName: Bool {
        !isEmpty
            && utf8.allSatisfy { byte in
                byte.isUnreserved || "!#$%&'*+^`|".utf8.contains(byte)
            }
    }

    /// RFC 9110, 5.5.
    fileprivate var isFieldValue: Bool { utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }
}
