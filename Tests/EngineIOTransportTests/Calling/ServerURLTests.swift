import EngineIOTransport
import Testing

@Suite("ServerURL")
struct ServerURLTests {
    struct Vector: CustomTestStringConvertible, Sendable {
        let text: String, description: String, host: String, port: Int
        var path = ""
        var query = ""
        var userInfo: String?
        var testDescription: String { text }
    }

    @Test(
        "reads scheme, host, port, path, query and user",
        arguments: [
            Vector(text: "http://localhost:3000", description: "http://localhost:3000", host: "localhost", port: 3000),
            Vector(text: "https://Example.COM", description: "https://example.com", host: "example.com", port: 443),
            Vector(text: "WSS://h:443/", description: "https://h", host: "h", port: 443, path: "/"),
            Vector(text: "ws://h", description: "http://h", host: "h", port: 80),
            Vector(text: "Http://h:443", description: "http://h:443", host: "h", port: 443),
            Vector(text: "https://h:80?a=b&c=?", description: "https://h:80", host: "h", port: 80, query: "a=b&c=?"),
            Vector(
                text: "http://h/chat/x?a", description: "http://h", host: "h", port: 80, path: "/chat/x", query: "a"),
            Vector(text: "http://h?", description: "http://h", host: "h", port: 80),
            Vector(text: "http://[::1]:8080", description: "http://[::1]:8080", host: "::1", port: 8080),
            Vector(
                text: "https://[FE80::1%eth0]", description: "https://[fe80::1%eth0]", host: "fe80::1%eth0", port: 443),
            Vector(text: "http://u:p@h", description: "http://h", host: "h", port: 80, userInfo: "u:p"),
            Vector(text: "http://a@b:c%40@h:1", description: "http://h:1", host: "h", port: 1, userInfo: "a@b:c%40"),
            Vector(text: "http://h?x=a@b/c", description: "http://h", host: "h", port: 80, query: "x=a@b/c"),
            Vector(
                text: "http://a_b.c~d-1:65535", description: "http://a_b.c~d-1:65535", host: "a_b.c~d-1", port: 65535),
        ])
    func reads(vector: Vector) throws {
        let url = try ServerURL(parsing: vector.text)
        #expect(url.description == vector.description)
        #expect(url.isSecure == vector.description.hasPrefix("https"))
        #expect(
            url.authority
                == vector.description.split(separator: "/", omittingEmptySubsequences: true).last.map(String.init))
        #expect(url.host == vector.host)
        #expect(url.port == vector.port)
        #expect(url.path == vector.path)
        #expect(url.query == vector.query)
        #expect(url.userInfo == vector.userInfo)
    }

    @Test(
        "refuses what is none",
        arguments: [
            "", "h", "localhost:3000", "//h", "ftp://h", "://h", "http://", "http:///x", "http://:80", "http://h:",
            "http://h:0", "http://h:65536", "http://h:x", "http://h:+1", "http://h#f", "http://h/#f", "http://h /",
            "http://ü.test", "http://h\r\nX: y", "http://a:b:c", "http://[::1", "http://[h]", "http://[]",
            "http://[127.0.0.1]", "http://a%20b", "http://a,b", "http://u@", "http://h/a b",
        ])
    func refuses(text: String) { #expect(throws: ServerURL.Invalid.self) { try ServerURL(parsing: text) } }

    @Test("refuses a path where none is wanted")
    func path() throws {
        #expect(try ServerURL(parsing: "http://h/?a", allowsPath: false).query == "a")
        #expect(throws: ServerURL.Invalid.self) { try ServerURL(parsing: "http://h/a", allowsPath: false) }
    }

    @Test("never repeats a password")
    func secrets() throws {
        for text in ["nothing/u:secret@h", "gopher://u:secret@h", "http://u:secret@h:x", "http://u:secret@h#"] {
            #expect { try ServerURL(parsing: text) } throws: { !"\($0)".contains("secret") }
        }
        #expect(!"\(try ServerURL(parsing: "http://u:secret@h?secret"))".contains("secret"))
    }
}
