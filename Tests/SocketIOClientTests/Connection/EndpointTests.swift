import EngineIOTransport
import NIOHTTP1
import Testing

@testable import SocketIOClient

@Suite("Endpoint")
struct EndpointTests {
    private func endpoint(
        _ url: String, headers: [String: String] = [:], options: [String: String] = [:], proxy: String? = nil
    ) throws -> Endpoint {
        var connection = ConnectionOptions()
        connection.headers = options
        connection.proxy = proxy
        return try Endpoint(.init(url: url, headers: headers, auth: nil), connection)
    }

    @Test(
        "sends the server's name, and the port where it is not the scheme's own",
        arguments: [
            ("http://localhost", "localhost"), ("http://localhost:80/", "localhost"),
            ("ws://localhost:5000", "localhost:5000"), ("https://a.example:443", "a.example"),
            ("wss://a.example:80", "a.example:80"), ("http://[::1]:8080", "[::1]:8080"),
        ])
    func host(url: String, host: String) throws {
        #expect(try endpoint(url).headers["Host"] == [host])
    }

    @Test("takes the header of connect before that of the client, and that before the URL's")
    func precedence() throws {
        let own = try endpoint("http://user:word@localhost").headers
        #expect(own["Authorization"].first?.hasPrefix("Basic ") == true)
        let options = ["Authorization": "Bearer client", "X-One": "client"]
        let client = try endpoint("http://user:word@localhost", options: options).headers
        #expect(client["authorization"] == ["Bearer client"])
        let call = try endpoint("http://user:word@localhost", headers: ["x-one": "call"], options: options).headers
        #expect(call["Authorization"] == ["Bearer client"] && call["X-One"] == ["call"])
    }

    @Test("keeps cookies apart, which the server may change")
    func cookies() throws {
        let endpoint = try endpoint("http://localhost", headers: ["Cookie": "a=1; b=2"])
        #expect(endpoint.headers["Cookie"] == [])
        #expect(endpoint.cookies.header == "a=1; b=2")
    }

    @Test(
        "refuses what cannot be sent",
        arguments: [
            ("http://localhost/chat", [:], nil), ("localhost:5000", [:], nil),
            ("http://localhost", ["X Y": "1"], nil), ("http://localhost", ["X": "1\r\nY: 2"], nil),
            ("http://localhost", [:], "socks5://localhost:1"),
        ] as [(String, [String: String], String?)])
    func refused(url: String, headers: [String: String], proxy: String?) {
        let error = #expect(throws: SocketIOClientError.self) {
            try endpoint(url, headers: headers, proxy: proxy)
        }
        #expect(error?.code == .invalidAddress)
    }
}
