import SiphonProxy
import Testing

@Suite("UpstreamURL")
struct UpstreamURLTests {
    @Test(
        "reads scheme, host and port",
        arguments: [
            ("http://localhost:3000", "http://localhost:3000", "localhost:3000"),
            ("ws://localhost:3000/", "http://localhost:3000", "localhost:3000"),
            ("HTTP://example.com", "http://example.com", "example.com"),
            ("http://example.com:80", "http://example.com", "example.com"),
            ("http://[::1]:8080", "http://[::1]:8080", "[::1]:8080"),
        ])
    func reads(text: String, description: String, authority: String) throws {
        let url = try UpstreamURL(parsing: text)
        #expect(url.description == description)
        #expect(url.authority == authority)
    }

    @Test(
        "refuses what is no plain upstream",
        arguments: [
            "localhost:3000", "ftp://h", "https://h", "http://", "http://h:0", "http://h:65536", "http://h:x",
            "http://h/path", "http://h?x", "http://u:p@h", "http://[::1", "http://a:b:c",
        ])
    func refuses(text: String) { #expect(throws: UpstreamURL.Invalid.self) { try UpstreamURL(parsing: text) } }
}
