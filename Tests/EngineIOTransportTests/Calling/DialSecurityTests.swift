import NIOCore
import NIOHTTP1
import NIOPosix
import SiphonCore
import Testing
import WebSocketCodec

@testable import EngineIOTransport

@Suite("Dialer with TLS", .timeLimit(.minutes(5)))
struct DialSecurityTests {
    private func get(
        _ host: String, _ security: DialSecurity?, certificate: String = TestCertificates.server
    ) async throws -> Result<String, HTTPConnection.Failure> {
        try await LoopbackServer.running(.init(certificate: certificate)) { _ in
            .answer(hello)
        } _: { server in
            try await Dialer(host: host, port: server.port, timeout: .seconds(10), security: security).get()
        }
    }

    @Test("takes a certificate for the name or the address that was meant", arguments: ["localhost", "127.0.0.1"])
    func right(host: String) async throws {
        #expect(try await get(host, .testing(host)) == .success("hello"))
    }

    @Test("refuses a certificate for another name", arguments: ["localhost", "127.0.0.1"])
    func wrongName(host: String) async throws {
        let answer = try await get(host, .testing(host), certificate: TestCertificates.other)
        #expect(answer == .failure(.tls("the server's certificate is not for \(host)")))
    }

    /// NIOSSL by itself would take it: the address that the channel leads to stands in it.
    @Test("refuses a certificate for the address alone where a name was meant")
    func addressForName() async throws {
        let answer = try await get("127.0.0.1", .testing("other.test"))
        #expect(answer == .failure(.tls("the server's certificate is not for other.test")))
    }

    @Test("refuses a certificate of an unknown authority")
    func unknownAuthority() async throws {
        let answer = try await get("localhost", DialSecurity(host: "localhost"))
        #expect(
            answer == .failure(.tls("the server's certificate is not signed by an authority that is trusted here")))
    }

    @Test("refuses a certificate that has expired")
    func expired() async throws {
        let answer = try await get("localhost", .testing("localhost"), certificate: TestCertificates.expired)
        #expect(answer == .failure(.tls("the server's certificate has expired")))
    }

    @Test(
        "takes any certificate where it was told to",
        arguments: [TestCertificates.server, TestCertificates.other, TestCertificates.expired])
    func unverified(certificate: String) async throws {
        let answer = try await get(
            "localhost", DialSecurity(host: "localhost", verifies: false), certificate: certificate)
        #expect(answer == .success("hello"))
    }

    @Test("shows its own certificate to a server that wants one")
    func clientCertificate() async throws {
        let own = DialSecurity.ClientCertificate(
            chain: Array(TestCertificates.client.utf8), key: Array(TestCertificates.key.utf8))
        let security = LoopbackServer.Security(certificate: TestCertificates.server, wantsClientCertificate: true)
        try await LoopbackServer.running(security) { _ in
            .answer(hello)
        } _: { server in
            func dialer(_ security: DialSecurity) -> Dialer {
                Dialer(host: "localhost", port: server.port, timeout: .seconds(10), security: security)
            }
            #expect(try await dialer(.testing("localhost", client: own)).get() == .success("hello"))
            let refused = try await dialer(.testing("localhost")).get()
            #expect(refused == .failure(.tls("the server refused TLS: certificate required")))
        }
    }

    @Test("says of a server of plain HTTP that it speaks no TLS")
    func plainServer() async throws {
        // What it waits for never comes in a TLS hello, so it speaks first.
        let answer = try await PlainTalker.running("HTTP/1.1 400 Bad Request\r\n\r\n") { port in
            try await Dialer(host: "localhost", port: port, timeout: .seconds(10), security: .testing("localhost"))
                .get()
        }
        #expect(answer == .failure(.tls("what the server answered is not TLS")))
    }

    @Test("says of a server that hangs up that it did")
    func hangUp() async throws {
        let answer = try await PlainTalker.running(nil) { port in
            try await Dialer(host: "localhost", port: port, timeout: .seconds(10), security: .testing("localhost"))
                .get()
        }
        #expect(answer == .failure(.tls("the server closed the connection during the TLS handshake")))
    }

    @Test("waits for TLS no longer than for a connection")
    func silence() async throws {
        let answer = try await LoopbackServer.running { _ in
            .nothing
        } _: { server in
            try await Dialer(
                host: "127.0.0.1", port: server.port, timeout: .milliseconds(200), security: .testing("127.0.0.1")
            ).get()
        }
        #expect(answer == .failure(.unreachable(.timedOut)))
    }

    @Test("says why there was no connection")
    func unreachable() async throws {
        for security in [nil, try DialSecurity.testing("127.0.0.1")] {
            // A port that was free a moment ago may be another test's.
            let dialer = Dialer(host: "127.0.0.1", port: 1, timeout: .seconds(10), security: security)
            #expect(try await dialer.get() == .failure(.unreachable(.connectionRefused)))
            #expect(dialer.isReachable == false)
            let nameless = Dialer(host: "no-such-name.invalid", port: 1, timeout: .seconds(10), security: security)
            #expect(try await nameless.get() == .failure(.unreachable(.nameNotFound)))
        }
    }

    @Test("reads trust roots and a client's certificate, and says what is wrong with them")
    func material() throws {
        let good = Array(TestCertificates.client.utf8)
        let key = Array(TestCertificates.key.utf8)
        func fault(_ roots: DialSecurity.TrustRoots = .system, _ own: DialSecurity.ClientCertificate? = nil) -> String?
        {
            do throws(DialSecurity.Invalid) {
                _ = try DialSecurity(host: "h", trustRoots: roots, clientCertificate: own)
                return nil
            } catch { return error.expected }
        }
        #expect(fault(.pem(good), .init(chain: good, key: key)) == nil)
        #expect(fault(.pem(key)) == "The trust roots are PEM certificates, one at least.")
        #expect(
            fault(.file("/no/such/file"))
                == "The trust roots are a readable file of PEM certificates or a folder of them.")
        #expect(
            fault(.system, .init(chain: [], key: key))
                == "The client's certificate chain is PEM, one certificate at least.")
        #expect(
            fault(.system, .init(chain: good, key: good))
                == "The client's key is a private key in PEM, without a passphrase.")
        #expect(
            fault(.pem(good), .init(chain: Array(TestCertificates.authority.utf8), key: key))
                == "The client's key belongs to its certificate, and the trust roots are readable.")
    }

    @Test(
        "matches names as RFC 9525 has it",
        arguments: [
            ("localhost", "LocalHost", true), ("localhost", "localhost.", true), ("*.wild.test", "a.wild.test", true),
            ("*.wild.test", "wild.test", false), ("*.wild.test", "a.b.wild.test", false),
            ("*.wild.test", ".wild.test", false), ("*.test", "a.test", false), ("*", "a", false),
            ("a*.wild.test", "ab.wild.test", false), ("b.test", "a.b.test", false), ("", "", true),
        ])
    func names(pattern: String, host: String, isCovered: Bool) {
        #expect(CertificateName.covers(pattern, host: host) == isCovered)
    }

    // MARK: WebSocket

    private func dial(_ security: DialSecurity) async throws -> String {
        try await LoopbackServer.running(.init(certificate: TestCertificates.server)) { request in
            let key = request.split(separator: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") }?.dropFirst(19)
            let accept = WebSocketHandshake.accept(forKey: String(key ?? ""))
            return .answer(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(accept)\r\n\r\n")
        } _: { server in
            let dialer = Dialer(host: "localhost", port: server.port, timeout: .seconds(10), security: security)
            let eventLoop = LoopbackServer.group.next()
            return try await eventLoop.flatSubmit {
                let promise = eventLoop.makePromise(of: String.self)
                let loop = TransportLoop(eventLoop: eventLoop, limits: Limits())
                let dial = WebSocketDial(loop: loop, dialer: dialer)
                dial.start(HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")) { outcome in
                    switch outcome {
                    case .opened(let socket, _):
                        promise.succeed("opened")
                        socket.abort()
                    case .refused: promise.succeed("refused")
                    case .failed(.tls(let reason)): promise.succeed(reason)
                    case .failed: promise.succeed("failed")
                    }
                    dial.cancel()
                }
                return promise.futureResult
            }.get()
        }
    }

    @Test("opens a WebSocket over TLS")
    func webSocket() async throws {
        #expect(try await dial(.testing("localhost")) == "opened")
    }

    @Test("says of a WebSocket too why there is no TLS")
    func webSocketRefused() async throws {
        #expect(try await dial(.testing("other.test")) == "the server's certificate is not for other.test")
    }
}
