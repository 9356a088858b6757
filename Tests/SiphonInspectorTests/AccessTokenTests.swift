import Testing

@testable import SiphonInspector

@Suite("AccessToken")
struct AccessTokenTests {
    @Test("is 32 random bytes in base64url")
    func random() {
        let tokens = (0..<4).map { _ in AccessToken.random().text }
        #expect(Set(tokens).count == 4)
        for token in tokens { #expect(token.utf8.count == 43 && AccessToken(token) != nil) }
    }

    @Test(
        "takes the user's own where it needs no escape",
        arguments: [
            ("0123456789abcdef", true), ("0123456789-._~Z9", true), (String(repeating: "a", count: 256), true),
            ("", false), ("0123456789abcde", false), (String(repeating: "a", count: 257), false),
            ("0123456789 abcdef", false), ("0123456789;abcdef", false), ("0123456789abcdef\n", false),
            ("0123456789abcdefé", false), ("0123456789/abcdef", false), ("0123456789abcdef%20", false),
        ])
    func own(text: String, isTaken: Bool) { #expect((AccessToken(text) != nil) == isTaken) }

    @Test(
        "matches itself alone",
        arguments: [
            "secret-of-20-letters", "Secret-of-20-letters", "secret-of-20-letter", "secret-of-20-letters1", "",
            "tecret-of-20-letters", "secret-of-20-letterssecret-of-20-letters",
        ])
    func matches(candidate: String) throws {
        let token = try #require(AccessToken("secret-of-20-letters"))
        #expect(token.matches(candidate) == (candidate == token.text))
    }
}
