import Testing

@testable import WebSocketCodec

@Suite("WebSocketHandshake")
struct WebSocketHandshakeTests {
    @Test("answers the key of RFC 6455, section 1.3")
    func answers() {
        #expect(WebSocketHandshake.accept(forKey: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }

    @Test("makes valid keys, a new one each time")
    func makesKeys() {
        let keys = (0..<50).map { _ in WebSocketHandshake.makeKey() }
        #expect(keys.allSatisfy(WebSocketHandshake.isValidKey))
        #expect(Set(keys).count == 50)
    }

    @Test(
        "refuses what is not the base64 of 16 bytes",
        arguments: [
            "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQ==\n",
            "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQ=a", "dGhlIHNhbXBsZSBub25jZQa=",
            "dGhlIHNhbXBsZSBub2-jZQ==", "dGhlIHNhbXBsZSBub2 jZQ==", "dGhlIHNhbXBsZSBub25jZWFh",
            "dGhlIHNhbXBsZSBub25jé==",
        ])
    func refusesKeys(key: String) { #expect(!WebSocketHandshake.isValidKey(key)) }

    /// The first three are the examples of FIPS 180; the others, of lengths round which the padding takes a block
    /// more, are by Python's hashlib.
    @Test(
        "hashes",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
            (String(repeating: "a", count: 55), "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (String(repeating: "a", count: 56), "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (String(repeating: "a", count: 64), "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
            (String(repeating: "a", count: 1000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ])
    func hashes(text: String, hexadecimal: String) {
        let digest = SHA1.digest(of: Array(text.utf8))
        let digits = Array("0123456789abcdef")
        #expect(String(digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }) == hexadecimal)
    }
}
