import NIOEmbedded
import NIOCore
import Testing

@testable import EngineIOTransport

@Suite("Dialer through a proxy", .timeLimit(.minutes(5)))
struct DialProxyTests {
    private static let opened = "HTTP/1.1 200 Connection established\r\n\r\n"

    private func proxy(_ port: Int, isSecure: Bool = false, user: String = "") throws -> DialProxy {
        let url = try ServerURL(parsing: "\(isSecure ? "https" : "http")://\(user)127.0.0.1:\(port)")
        return DialProxy(url: url, security: isSecure ? try .testing("127.0.0.1") : nil)
    }

    /// What becomes of a GET to a host that only the proxy can know.
    private func get(
        secureServer: Bool, secureProxy: Bool, host: String = "a.wild.test"
    ) async throws -> (Result<String, HTTPConnection.Failure>, toProxy: [String], toServer: [String]) {
        let security = LoopbackServer.Security(certificate: TestCertificates.server)
        return try await LoopbackServer.running(secureServer ? security : nil) { _ in
            .answer(hello)
        } _: { server in
            let port = server.port
            return try await LoopbackServer.running(secureProxy ? security : nil) { _ in
                .tunnel(Self.opened, port: port)
            } _: { proxyServer in
                let dialer = Dialer(
                    host: host, port: 4321, timeout: .seconds(10), security: secureServer ? try .testing(host) : nil,
                    proxy: try proxy(proxyServer.port, isSecure: secureProxy))
                return (try await dialer.get(), proxyServer.requests, server.requests)
            }
        }
    }

    @Test("asks it for a tunnel, to http and https alike", arguments: [false, true], [false, true])
    func tunnels(secureServer: Bool, secureProxy: Bool) async throws {
        let (answer, toProxy, toServer) = try await get(secureServer: secureServer, secureProxy: secureProxy)
        #expect(answer == .success("hello"))
        #expect(toProxy == ["CONNECT a.wild.test:4321 HTTP/1.1\r\nHost: a.wild.test:4321\r\n\r\n"])
        #expect(toServer.map { $0.hasPrefix("GET / HTTP/1.1\r\n") } == [true])
    }

    /// The proxy's address stands in the certificate, the server's does not.
    @Test("does not take a proxy's address for the server's", arguments: ["192.0.2.1", "wild.test"])
    func names(host: String) async throws {
        let (answer, _, toServer) = try await get(secureServer: true, secureProxy: false, host: host)
        #expect(answer == .failure(.tls("the server's certificate is not for \(host)")))
        #expect(toServer == [])
    }

    @Test("writes an IPv6 address in brackets")
    func brackets() async throws {
        let (_, toProxy, _) = try await get(secureServer: false, secureProxy: false, host: "::1")
        #expect(toProxy == ["CONNECT [::1]:4321 HTTP/1.1\r\nHost: [::1]:4321\r\n\r\n"])
    }

    private func failure(
        user: String = "", _ react: @escaping @Sendable (String) -> LoopbackServer.Reaction
    ) async throws -> Result<String, HTTPConnection.Failure> {
        try await LoopbackServer.running(react: react) { server in
            try await Dialer(
                host: "server.test", port: 80, timeout: .seconds(10), proxy: try proxy(server.port, user: user)
            ).get()
        }
    }

    @Test("shows the URL's user, unescaped")
    func credentials() async throws {
        // printf 'me@home:s:3%%' | base64
        let answer = try await failure(user: "me%40home:s:3%25@") { request in
            request.contains("\r\nProxy-Authorization: Basic bWVAaG9tZTpzOjMl\r\n")
                ? .answerAndHangUp("HTTP/1.1 502 Bad Gateway\r\n\r\n")
                : .answer("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        }
        #expect(answer == .failure(.proxyRefused(status: 502)))
        #expect(DialProxy(url: try ServerURL(parsing: "http://me@p")).authorization == "Basic bWU6")
        #expect(DialProxy(url: try ServerURL(parsing: "http://p")).authorization == nil)
    }

    @Test(
        "tells what a proxy answered instead of opening a tunnel",
        arguments: [
            (
                LoopbackServer.Reaction.answer("HTTP/1.1 407 No\r\n\r\n"),
                HTTPConnection.Failure.proxyRefused(status: 407)
            ),
            (.answer("HTTP/1.0 301\r\n\r\n"), .proxyRefused(status: 301)),
            (.answer("HTTP/1.1 101 Switching Protocols\r\n\r\n"), .proxyRefused(status: 101)),
            (.answer("SSH-2.0-OpenSSH\r\n"), .proxyFailed("what the proxy answered is not HTTP/1.1")),
            (.answer("HTTP/1.1 2x0 OK\r\n\r\n"), .proxyFailed("what the proxy answered is not HTTP/1.1")),
            (.hangUp, .proxyFailed("the proxy closed the connection instead of opening a tunnel")),
            (
                .answerAndHangUp("HTTP/1.1 200 OK\r\n"),
                .proxyFailed("the proxy closed the connection instead of opening a tunnel")
            ),
            (.endless("HTTP/1.1 200 OK\r\nA: b\r\n"), .proxyFailed("the head of the proxy's answer is too large")),
            (.endless("HTTP/1.1 100 Continue\r\n\r\n"), .proxyFailed("the head of the proxy's answer is too large")),
        ])
    func refusals(reaction: LoopbackServer.Reaction, expected: HTTPConnection.Failure) async throws {
        #expect(try await failure { _ in reaction } == .failure(expected))
    }

    @Test("waits for a tunnel no longer than for a connection")
    func silence() async throws {
        let answer = try await LoopbackServer.running { _ in
            .nothing
        } _: { server in
            try await Dialer(
                host: "server.test", port: 80, timeout: .milliseconds(200), proxy: try proxy(server.port)
            ).get()
        }
        #expect(answer == .failure(.unreachable(.timedOut)))
    }

    @Test("says that it was the proxy whose certificate is wrong")
    func proxyCertificate() async throws {
        let answer = try await LoopbackServer.running(.init(certificate: TestCertificates.other)) { _ in
            .nothing
        } _: { server in
            try await Dialer(
                host: "server.test", port: 80, timeout: .seconds(10), proxy: try proxy(server.port, isSecure: true)
            ).get()
        }
        #expect(answer == .failure(.tls("the proxy's certificate is not for 127.0.0.1")))
    }

    private static let heads = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"

    @Test("hands on what came behind the head, cut anywhere", arguments: 0...(heads.utf8.count + 4))
    func leftovers(cut: Int) throws {
        let all = Self.heads + "rest"
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(
            ProxyTunnelHandler(authority: "h:1", authorization: nil, headBytesLimit: Self.heads.utf8.count))
        try channel.writeInbound(ByteBuffer(string: String(all.prefix(bytes: cut))))
        try channel.writeInbound(ByteBuffer(bytes: all.utf8.dropFirst(cut)))
        var rest = ""
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { rest += String(buffer: bytes) }
        #expect(rest == "rest")
        #expect(throws: (any Error).self) {
            try channel.pipeline.syncOperations.context(handlerType: ProxyTunnelHandler.self)
        }
    }

    @Test("takes heads up to the limit and none above")
    func headLimit() throws {
        let channel = EmbeddedChannel()
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        try channel.pipeline.syncOperations.addHandler(
            ProxyTunnelHandler(authority: "h:1", authorization: nil, headBytesLimit: Self.heads.utf8.count - 1))
        #expect(throws: HTTPConnection.Failure.proxyFailed("the head of the proxy's answer is too large")) {
            try channel.writeInbound(ByteBuffer(string: Self.heads))
        }
    }
}

extension String {
    fileprivate func prefix(bytes count: Int) -> String { String(decoding: utf8.prefix(count), as: UTF8.self) }
}
