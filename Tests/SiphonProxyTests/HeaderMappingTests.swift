import NIOHTTP1
import Testing

@testable import SiphonProxy

@Suite("HeaderMapping")
struct HeaderMappingTests {
    private func mapping(_ change: (inout ProxyConfiguration) -> Void = { _ in }) throws -> HeaderMapping {
        var configuration = ProxyConfiguration(upstream: try UpstreamURL(parsing: "http://app.test:3000"))
        change(&configuration)
        return HeaderMapping(configuration: configuration)
    }

    @Test("sends what the app may look at, without what belongs to the client's hop")
    func engineRequest() throws {
        let mapped = try mapping().engineRequest(
            [
                "Host": "localhost:4000", "Connection": "Upgrade, X-Private", "X-Private": "1", "Upgrade": "websocket",
                "Sec-WebSocket-Key": "k", "Sec-WebSocket-Extensions": "permessage-deflate", "Authorization": "Bearer t",
                "Cookie": "a=1", "User-Agent": "u", "Accept-Encoding": "gzip", "X-App": "é",
            ], clientAddress: "10.0.0.9")
        #expect(
            mapped.map { "\($0.name): \($0.value)" } == [
                "Host: app.test:3000", "Authorization: Bearer t", "User-Agent: u", "X-App: é",
            ])
    }

    @Test("no Connection field takes the framing or the host away")
    func namedFraming() throws {
        let mapped = try mapping().passingRequest(
            ["Host": "localhost:4000", "Connection": "content-length, host, x-a", "Content-Length": "5", "X-A": "1"],
            clientAddress: "10.0.0.9")
        #expect(mapped.map { "\($0.name): \($0.value)" } == ["Host: app.test:3000", "Content-Length: 5"])
    }

    @Test("keeps the framing of a request that passes")
    func passingRequest() throws {
        let mapped = try mapping().passingRequest(
            ["Host": "h", "Transfer-Encoding": "chunked", "TE": "trailers", "Keep-Alive": "5"], clientAddress: "x")
        #expect(mapped.map(\.name) == ["Host", "Transfer-Encoding", "TE"])
    }

    @Test("a page that came through the proxy is of the upstream's origin; others stay foreign")
    func origin() throws {
        func mapped(_ origin: String, preservesHost: Bool = false) throws -> String? {
            try mapping { $0.preservesHost = preservesHost }
                .engineRequest(["Host": "localhost:4000", "Origin": origin], clientAddress: "x").first(name: "origin")
        }
        #expect(try mapped("http://localhost:4000") == "http://app.test:3000")
        #expect(try mapped("http://localhost:40001") == "http://localhost:40001")
        #expect(try mapped("http://evil.test") == "http://evil.test")
        #expect(try mapped("null") == "null")
        #expect(try mapped("http://localhost:4000", preservesHost: true) == "http://localhost:4000")
    }

    @Test("rewrites the path of a Referer's origin only")
    func referer() throws {
        let mapped = try mapping().engineRequest(
            ["Host": "localhost:4000", "Referer": "http://localhost:4000/room?x=1"], clientAddress: "x")
        #expect(mapped.first(name: "referer") == "http://app.test:3000/room?x=1")
    }

    @Test("adds X-Forwarded fields only when told to, behind those that came")
    func forwarded() throws {
        let headers: HTTPHeaders = ["Host": "localhost:4000", "X-Forwarded-For": "10.1.1.1"]
        #expect(try mapping().engineRequest(headers, clientAddress: "10.0.0.9")["x-forwarded-proto"] == [])
        let mapped = try mapping { $0.addsForwarded = true }.engineRequest(headers, clientAddress: "10.0.0.9")
        #expect(mapped["x-forwarded-for"] == ["10.1.1.1, 10.0.0.9"])
        #expect(mapped["x-forwarded-host"] == ["localhost:4000"])
    }

    @Test("a redirect to the upstream's own origin leads to the proxy")
    func location() throws {
        func mapped(_ location: String) throws -> String? {
            try mapping().passingResponse(["Location": location], proxyOrigin: "http://localhost:4000")
                .first(name: "location")
        }
        #expect(try mapped("http://app.test:3000/login") == "http://localhost:4000/login")
        #expect(try mapped("http://app.test:30001/") == "http://app.test:30001/")
        #expect(try mapped("/login") == "/login")
    }

    @Test("a handshake's response fields reach the client, and those for the browser reach every response")
    func responses() throws {
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain", "Content-Length": "9", "Set-Cookie": "lb=1", "X-App": "1", "Vary": "Origin",
            "Access-Control-Allow-Origin": "http://a", "Connection": "keep-alive",
        ]
        #expect(
            try mapping().handshakeResponse(headers).map(\.name) == [
                "Set-Cookie", "X-App", "Vary", "Access-Control-Allow-Origin",
            ])
        #expect(try mapping().sessionResponse(headers).map(\.name) == ["Vary", "Access-Control-Allow-Origin"])
    }

    @Test(
        "a cookie for the upstream's domain loses the domain, every other stays as it is",
        arguments: [
            ("a=1; Domain=app.test; Path=/", "a=1; Path=/"), ("a=1;domain=.test;Secure", "a=1;Secure"),
            ("a=1; Domain=other.example", "a=1; Domain=other.example"), ("domain=app.test", "domain=app.test"),
            ("a=1; Path=/; HttpOnly", "a=1; Path=/; HttpOnly"), ("a=1; Domain", "a=1; Domain"),
        ])
    func cookies(value: String, expected: String) throws {
        #expect(try mapping().cookie(value) == expected)
    }
}
