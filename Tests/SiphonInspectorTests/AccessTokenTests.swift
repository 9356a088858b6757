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
            ("a", true), ("a-._~Z9", true), (String(repeating: "a", count: 256), true), ("", false),
            (String(repeating: "a", count: 257), false), ("a b", false), ("a;b", false), ("a\n", false), ("é", false),
            ("a/b", false), ("a%20", false),
        ])
    func own(text: String, isTaken: Bool) { #expect((AccessToken(text) != nil) == isTaken) }

    @Test("matches itself alone", arguments: ["secret", "Secret", "secre", "secret1", "", "tecret", "secretsecret"])
    func matches(candidate: String) throws {
        #expect(try #require(AccessToken("secret")).matches(candidate) == (candidate == "secret"))
    }
}
