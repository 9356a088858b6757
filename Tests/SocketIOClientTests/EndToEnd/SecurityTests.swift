import Foundation
import SocketIOClient
import Testing

@Suite("Client over TLS and through proxies", .inTurns, .timeLimit(.minutes(5)))
struct SecurityTests {
    private func connect(_ client: Client, _ url: String, _ transports: [Transport]? = nil) async throws {
        try await client.reach(url, transports: transports)
        #expect(try await client.call("ask", "there") == "there")
    }

    // MARK: TLS

    @Test("trustRoots: a file, a text; https and wss", arguments: ["https", "wss"])
    func trusted(scheme: String) async throws {
        let authority = try await Certificates.shared.authority
        let port = try await PythonServer.sharedSecure.port
        for roots in [TrustRoots.file(authority), .pem(try String(contentsOfFile: authority, encoding: .utf8))] {
            let client = Client(trustRoots: roots)
            try await connect(client, "\(scheme)://localhost:\(port)")
            try await client.disconnect()
        }
    }

    @Test(
        "a server whose authority nobody knows: tls; with sslVerify false it is not asked",
        arguments: Transport.allCases)
    func untrusted(transport: Transport) async throws {
        let url = try await PythonServer.sharedSecure.url
        let error = try await clientError { try await connect(Client(), url, [transport]) }
        #expect(error.code == .tls && error.message.count > 20, "\(error)")
        let client = Client(sslVerify: false)
        try await connect(client, url, [transport])
        try await client.disconnect()
    }

    @Test("a certificate for another name: tls")
    func wrongName() async throws {
        let certificates = try await Certificates.shared
        let relay = try await Relay.start(
            to: PythonServer.shared.port, tls: (certificates.otherChain, certificates.otherKey))
        let roots = TrustRoots.file(certificates.authority)
        for host in ["localhost", "127.0.0.1"] {
            let error = try await clientError {
                try await connect(Client(trustRoots: roots), "https://\(host):\(relay.port)")
            }
            #expect(error.code == .tls, "\(error)")
        }
        let client = Client(sslVerify: false)
        try await connect(client, "https://localhost:\(relay.port)")
        try await client.disconnect()
    }

    @Test("clientCertificate: shown to a server that asks; without one it does not let in")
    func clientCertificate() async throws {
        let certificates = try await Certificates.shared
        let server = try await PythonServer.start(isSecure: true, "--client-ca", certificates.authority)
        let roots = TrustRoots.file(certificates.authority)
        let error = try await clientError { try await connect(Client(trustRoots: roots), server.url) }
        #expect([.tls, .connectionFailed].contains(error.code), "\(error)")
        let client = Client(
            trustRoots: roots,
            clientCertificate: ClientCertificate(
                chain: try String(contentsOfFile: certificates.clientChain, encoding: .utf8),
                privateKey: try String(contentsOfFile: certificates.clientKey, encoding: .utf8)))
        try await connect(client, server.url)
        try await client.disconnect()
    }

    @Test("certificates that cannot be read are told of")
    func unreadable() async throws {
        let url = try await PythonServer.sharedSecure.url
        for client in [
            Client(trustRoots: .file("/nowhere.pem")), Client(trustRoots: .pem("no PEM")),
            Client(clientCertificate: ClientCertificate(chain: "no PEM", privateKey: "no PEM")),
        ] {
            let error = try await clientError { try await connect(client, url) }
            #expect(error.code == .tls && error.message.count > 20, "\(error)")
        }
    }

    @Test("https where plain HTTP is spoken, and the other way round")
    func wrongScheme() async throws {
        let plain = try await PythonServer.shared
        let secure = try await PythonServer.sharedSecure
        let tls = try await clientError { try await connect(Client(), "https://localhost:\(plain.port)") }
        #expect(tls.code == .tls, "\(tls)")
        let none = try await clientError { try await connect(Client(), "http://localhost:\(secure.port)") }
        #expect([.connectionFailed, .protocolViolation, .handshakeRefused].contains(none.code), "\(none)")
    }

    // MARK: Proxies

    struct Detour: CustomTestStringConvertible, Sendable {
        let isProxySecure: Bool
        let isServerSecure: Bool
        let credentials: String?
        let transport: Transport

        var testDescription: String {
            "\(transport) to \(isServerSecure ? "https" : "http") by \(isProxySecure ? "https" : "http"), "
                + (credentials ?? "no credentials")
        }

        static let all = [false, true].flatMap { isProxySecure in
            [false, true].flatMap { isServerSecure in
                [nil, "user:pass%20word%3A"].flatMap { credentials in
                    Transport.allCases.map {
                        Detour(
                            isProxySecure: isProxySecure, isServerSecure: isServerSecure, credentials: credentials,
                            transport: $0)
                    }
                }
            }
        }
    }

    @Test("proxy: all connections go through it", arguments: Detour.all)
    func proxy(detour: Detour) async throws {
        let proxy = try await ConnectProxy.start(
            isSecure: detour.isProxySecure, credentials: detour.credentials?.removingPercentEncoding)
        let server = try await detour.isServerSecure ? PythonServer.sharedSecure : PythonServer.shared
        let client = Client(
            trustRoots: .file(try await Certificates.shared.authority),
            proxy: proxy.url(credentials: detour.credentials))
        try await connect(client, server.url, [detour.transport])
        #expect(proxy.targets.count > 0 && Set(proxy.targets.all) == ["127.0.0.1:\(server.port)"])
        #expect(proxy.refusals.count == 0)
        try await client.disconnect()
    }

    @Test("a proxy that does not let through, or cannot")
    func proxyRefuses() async throws {
        let server = try await PythonServer.shared
        let asking = try await ConnectProxy.start(credentials: "user:word")
        for credentials in [nil, "user:wrong"] {
            let error = try await clientError {
                try await connect(Client(proxy: asking.url(credentials: credentials)), server.url)
            }
            #expect(error.code == .proxyRefused && error.message.contains("407"), "\(error)")
            #expect(!error.message.contains("wrong"))
        }
        let cutting = try await RawServer.start { connection, _ in _ = try await connection.head() }
        let error = try await clientError { try await connect(Client(proxy: cutting.url), server.url) }
        #expect([.proxyRefused, .connectionFailed].contains(error.code), "\(error)")
        let forbidding = try await RawServer.start { connection, _ in
            _ = try await connection.head()
            connection.answer("403 Forbidden", body: "no")
            try await connection.end()
        }
        let forbidden = try await clientError { try await connect(Client(proxy: forbidding.url), server.url) }
        #expect(forbidden.code == .proxyRefused && forbidden.message.contains("403"), "\(forbidden)")
    }

    @Test(
        "a proxy whose URL cannot be used", arguments: ["", "localhost", "ftp://localhost:1", "socks5://localhost:1"])
    func proxyAddress(url: String) async throws {
        let server = try await PythonServer.shared
        let error = try await clientError { try await connect(Client(proxy: url), server.url) }
        #expect(error.code == .invalidAddress, "\(error)")
    }
}
