import Base64Coding

/// The secret that opens the inspector. It is in the URL that is printed at the start and nowhere else: no log, no
/// answer, no page.
package struct AccessToken: Sendable {
    /// How many characters a token of the user's may have: enough not to be guessed.
    static let lengths = 16...256

    package let text: String

    /// 32 random bytes, in base64url without padding.
    package static func random() -> AccessToken {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return AccessToken(checked: Base64.encodeForURL(bytes))
    }

    /// The user's own; nil unless it is 16 to 256 characters of those that need no escape in a URL, a cookie and a
    /// header (RFC 3986, 2.3: unreserved).
    package init?(_ text: String) {
        guard Self.lengths.contains(text.utf8.count), text.utf8.allSatisfy(Self.isUnreserved) else {
            return nil
        }
        self.text = text
    }

    private init(checked text: String) { self.text = text }

    /// Compares in a time that depends on `candidate` alone.
    func matches(_ candidate: some StringProtocol) -> Bool {
        let secret = Array(text.utf8)
        var difference = secret.count ^ candidate.utf8.count
        for (index, byte) in candidate.utf8.enumerated() { difference |= Int(byte ^ secret[index % secret.count]) }
        return difference == 0
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
