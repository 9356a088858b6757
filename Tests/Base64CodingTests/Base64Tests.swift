import Base64Coding
import Testing

@Suite("Base64")
struct Base64Tests {
    @Test(
        "encodes and decodes the vectors of RFC 4648, section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(Base64.encode(plain.utf8) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
    }

    @Test("every byte comes back, whatever its place")
    func roundTrip() {
        for length in 0..<70 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(
        "refuses what it would not have written",
        arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Z", "Zm9v\n", " Zm9v", "Zm-_", "Z=m9", "=", "===="])
    func refuses(text: String) { #expect(Base64.decode(text) == nil) }

    @Test("the alphabet for URLs has no padding and nothing to escape")
    func forURLs() {
        #expect(Base64.encode([0xFB, 0xFF, 0xFE, 0x00]) == "+//+AA==")
        #expect(Base64.encodeForURL([0xFB, 0xFF, 0xFE, 0x00]) == "-__-AA")
    }
}
