import LosslessJSON
import Testing

@testable import SiphonInspector

@Suite("RequestGuard")
struct RequestGuardTests {
    private static let token = "s3cret-Token_of_1"
    private let guardian: RequestGuard

    init() throws {
        let token = try #require(AccessToken(Self.token))
        guardian = RequestGuard(token: token, urlHost: "127.0.0.1", port: 4001)
    }

    private func status(
        _ method: String = "GET", _ target: String = "/api/v1/status", host: String? = "127.0.0.1:4001",
        bearer: String? = token, _ headers: [(name: String, value: String)] = []
    ) -> UInt32 {
        var all = headers
        if let host { all.insert(("Host", host), at: 0) }
        if let bearer { all.append(("Authorization", "Bearer \(bearer)")) }
        return guardian.refusal(of: InspectorRequest(method: method, target: target, headers: all))?.status ?? 200
    }

    @Test("takes its own hosts", arguments: ["127.0.0.1:4001", "localhost:4001", "[::1]:4001"])
    func ownHosts(host: String) { #expect(status(host: host) == 200) }

    @Test(
        "refuses any other host, even with the token",
        arguments: [
            "evil.example:4001", "127.0.0.1.evil.example:4001", "localhost.evil:4001", "localhost.:4001",
            "LOCALHOST:4001", "127.0.0.1:4002", "127.0.0.1", "localhost", "0.0.0.0:4001", "127.1:4001", "[::]:4001", "",
            "127.0.0.1:4001 ", "127.0.0.1:4001,evil", "user@127.0.0.1:4001", "127.0.0.1:04001", "\u{0130}:4001",
        ])
    func foreignHosts(host: String) { #expect(status(host: host) == 403) }

    @Test("refuses a missing and a second Host")
    func hostCount() {
        #expect(status(host: nil) == 400)
        #expect(status(host: "127.0.0.1:4001", [("host", "127.0.0.1:4001")]) == 400)
    }

    @Test("takes the listening address of another interface, and port 80 without its number")
    func otherInterface() throws {
        let token = try #require(AccessToken(Self.token))
        let guardian = RequestGuard(token: token, urlHost: "[fe80::1]", port: 80)
        for host in ["[fe80::1]", "[fe80::1]:80", "localhost"] {
            let headers = [("Host", host), ("Authorization", "Bearer \(Self.token)")]
            #expect(guardian.refusal(of: InspectorRequest(method: "GET", target: "/x", headers: headers)) == nil)
        }
    }

    @Test(
        "refuses the origin of another site, for every method and with the token",
        arguments: [
            "https://evil.example", "null", "", "http://127.0.0.1:4002", "https://127.0.0.1:4001", "http://evil:4001",
            "http://127.0.0.1:4001.evil", "http://127.0.0.1:4001/", "HTTP://127.0.0.1:4001",
        ], ["GET", "POST", "OPTIONS"])
    func foreignOrigins(origin: String, method: String) { #expect(status(method, [("Origin", origin)]) == 403) }

    @Test("takes its own origins", arguments: ["http://127.0.0.1:4001", "http://localhost:4001", "http://[::1]:4001"])
    func ownOrigins(origin: String) { #expect(status("POST", [("Origin", origin)]) == 200) }

    @Test("refuses two origins")
    func twoOrigins() {
        let origin = (name: "Origin", value: "http://127.0.0.1:4001")
        #expect(status([origin, origin]) == 403)
    }

    @Test(
        "refuses what a browser says comes from elsewhere",
        arguments: [
            ("cross-site", "GET", UInt32(403)), ("same-site", "GET", 403), ("cross-site", "POST", 403),
            ("same-site", "POST", 403), ("none", "GET", 200), ("none", "POST", 403), ("same-origin", "POST", 200),
            ("Cross-Site", "GET", 403), ("", "GET", 403), ("other", "GET", 403),
        ])
    func fetchSite(site: String, method: String, expected: UInt32) {
        #expect(status(method, [("Sec-Fetch-Site", site)]) == expected)
    }

    @Test(
        "a link to the page may be followed from another port of this host, and nothing else",
        arguments: [
            ("GET", "/", "same-site", "navigate", "document", UInt32(200)),
            ("GET", "/", "cross-site", "navigate", "document", 403),
            ("GET", "/?token=\(token)", "same-site", "navigate", "document", 403),
            ("GET", "/api/v1/status", "same-site", "navigate", "document", 403),
            ("POST", "/", "same-site", "navigate", "document", 403),
            ("GET", "/", "same-site", "navigate", "iframe", 403), ("GET", "/", "same-site", "no-cors", "document", 403),
        ])
    func visit(method: String, target: String, site: String, mode: String, dest: String, expected: UInt32) {
        let headers = [("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", dest)]
        #expect(status(method, target, headers) == expected)
    }

    @Test("without an origin, the referer of an unsafe request decides")
    func referer() {
        #expect(status("POST", [("Referer", "http://evil.example/")]) == 403)
        #expect(status("POST", [("Referer", "http://127.0.0.1:4001.evil/")]) == 403)
        #expect(status("POST", [("Referer", "http://127.0.0.1:4001/")]) == 200)
        #expect(status("GET", [("Referer", "http://evil.example/")]) == 200)
    }

    @Test(
        "refuses a wrong token",
        arguments: [
            "", " ", "s3cret-Token_of_", "s3cret-Token_of_12", "S3cret-Token_of_1", "s3cret-Token_of_1\u{0}",
            "s3cret-token_of_1",
            " s3cret-Token_of_1", "s3cret-Token_of_1 ", "s3cret-Token_of_1,s3cret-Token_of_1",
        ])
    func wrongTokens(token: String) { #expect([400, 401].contains(status(bearer: token))) }

    @Test("refuses two credentials, other schemes, and a wrong one beside a right cookie")
    func credentials() {
        let right = (name: "Authorization", value: "Bearer \(Self.token)")
        #expect(status(bearer: Self.token, [right]) == 401)
        #expect(status(bearer: nil, [("Authorization", "Basic \(Self.token)")]) == 401)
        #expect(status(bearer: nil, [("Authorization", Self.token)]) == 401)
        #expect(status(bearer: "wrong", [("Cookie", "siphon_4001=\(Self.token)")]) == 401)
        #expect(status(bearer: nil, [("authorization", "bearer \(Self.token)")]) == 200)
    }

    @Test(
        "takes the cookie of its own port",
        arguments: [
            ("siphon_4001=s3cret-Token_of_1", UInt32(200)), ("a=b; siphon_4001=s3cret-Token_of_1; c=d", 200),
            ("siphon_4001=old; siphon_4001=s3cret-Token_of_1", 200), ("siphon_4002=s3cret-Token_of_1", 401),
            ("siphon=s3cret-Token_of_1", 401), ("xsiphon_4001=s3cret-Token_of_1", 401), ("siphon_4001=", 401),
            ("siphon_4001=s3cret-Token_of_", 401),
        ])
    func cookies(cookie: String, expected: UInt32) { #expect(status(bearer: nil, [("Cookie", cookie)]) == expected) }

    @Test("with the cookie, an unsafe request must name its origin")
    func cookieNeedsOrigin() {
        let cookie = (name: "Cookie", value: "siphon_4001=\(Self.token)")
        #expect(status("POST", bearer: nil, [cookie]) == 403)
        #expect(status("POST", bearer: nil, [cookie, ("Origin", "http://localhost:4001")]) == 200)
        #expect(status("DELETE", bearer: nil, [cookie, ("Sec-Fetch-Site", "same-origin")]) == 200)
        #expect(status("POST", [cookie]) == 200)
    }

    @Test("the token in the query of the page sets the cookie and is stripped")
    func login() throws {
        let request = InspectorRequest(
            method: "GET", target: "/?token=\(Self.token)", headers: [("Host", "localhost:4001")])
        let response = try #require(guardian.refusal(of: request))
        #expect(response.status == 303)
        #expect(response.header("Location") == "/")
        #expect(
            response.header("Set-Cookie") == "siphon_4001=\(Self.token); Path=/; HttpOnly; SameSite=Strict")
    }

    @Test(
        "takes the token in no other query",
        arguments: [
            ("GET", "/?token=wrong"), ("GET", "/?token="), ("GET", "/index.html?token=s3cret-Token_of_1"),
            ("GET", "/api/v1/status?token=s3cret-Token_of_1"), ("POST", "/?token=s3cret-Token_of_1"),
            ("HEAD", "/?token=s3cret-Token_of_1"), ("GET", "/?token=s3cret-Token_of_1&token=s3cret-Token_of_1"),
            ("GET", "/?Token=s3cret-Token_of_1"),
        ])
    func noOtherQuery(method: String, target: String) { #expect(status(method, target, bearer: nil) == 401) }

    @Test("refuses the login from another site")
    func loginFromElsewhere() {
        #expect(status("GET", "/?token=\(Self.token)", bearer: nil, [("Sec-Fetch-Site", "cross-site")]) == 403)
    }

    @Test("hints at the token on the page, says JSON elsewhere, and shows it nowhere")
    func unauthorized() throws {
        for target in ["/", "/api/v1/status", "/nothing", "/js/main.js"] {
            let request = InspectorRequest(method: "GET", target: target, headers: [("Host", "localhost:4001")])
            let response = try #require(guardian.refusal(of: request))
            #expect(response.status == 401)
            #expect(response.header("Content-Type")?.hasPrefix("text/html") == (target == "/"))
            #expect(!response.text.contains(Self.token))
            #expect(target == "/" || response.value["error"] == "unauthorized")
        }
    }

    @Test(
        "refuses heads that two readers could understand in two ways",
        arguments: [
            [("Content-Length", "1"), ("Content-Length", "1")], [("Content-Length", "+5")], [("Content-Length", "-1")],
            [("Content-Length", "")], [("Content-Length", "1, 1")], [("Content-Length", "0x10")],
            [("Content-Length", "99999999999999999999")], [("Transfer-Encoding", "chunked"), ("Content-Length", "1")],
            [("Transfer-Encoding", "chunked"), ("Transfer-Encoding", "chunked")], [("Transfer-Encoding", "identity")],
            [("Transfer-Encoding", "gzip, chunked")], [("Bad Name", "x")], [("Name ", "x")], [("", "x")],
            [("X", "a\rb")], [("X", "a\u{0}b")],
        ])
    func framing(headers: [(String, String)]) {
        #expect(status("POST", headers.map { (name: $0.0, value: $0.1) }) == 400)
    }

    @Test(
        "refuses targets that are no path",
        arguments: ["http://127.0.0.1:4001/", "*", "", "evil", "/a b", "/\u{7F}", "/é", "/a\nb"])
    func targets(target: String) { #expect(status("GET", target) == 400) }
}

extension RequestGuardTests {
    private func status(_ headers: [(name: String, value: String)]) -> UInt32 { status("GET", headers) }

    private func status(_ method: String, _ headers: [(name: String, value: String)]) -> UInt32 {
        status(method, "/api/v1/status", headers)
    }
}
