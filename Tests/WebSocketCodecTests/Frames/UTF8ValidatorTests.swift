import Testing

@testable import WebSocketCodec

@Suite("UTF8Validator")
struct UTF8ValidatorTests {
    /// A sequence and the offset of its first wrong byte, which is its length where it is only cut short.
    static let faults: [([UInt8], Int)] = [
        ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFE], 0),
        ([0xFF], 0), ([0xF8, 0x88, 0x80, 0x80, 0x80], 0),
        ([0xE0, 0x80, 0x80], 1), ([0xE0, 0x9F, 0xBF], 1), ([0xF0, 0x80, 0x80, 0x80], 1), ([0xF0, 0x8F, 0xBF, 0xBF], 1),
        ([0xED, 0xA0, 0x80], 1), ([0xED, 0xBF, 0xBF], 1), ([0xF4, 0x90, 0x80, 0x80], 1),
        ([0xC3, 0x28], 1), ([0xC3, 0xC3], 1), ([0xE2, 0x28, 0xA1], 1), ([0xE2, 0x82, 0x28], 2),
        ([0xE2, 0x82, 0xC0], 2),
        ([0xF0, 0x28, 0x8C, 0xBC], 1), ([0xF0, 0x9F, 0x28, 0xBC], 2), ([0xF0, 0x9F, 0x98, 0x28], 3),
        ([0xC3], 1), ([0xE2], 1), ([0xE2, 0x82], 2), ([0xF0], 1), ([0xF0, 0x9F], 2), ([0xF0, 0x9F, 0x98], 3),
    ]

    static let characters = [
        "\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFF}", "\u{1000}", "\u{D7FF}", "\u{E000}", "\u{FFFF}",
        "\u{10000}", "\u{3FFFF}", "\u{40000}", "\u{FFFFF}", "\u{100000}", "\u{10FFFF}",
    ]

    @Test("finds each fault at each position round the blocks, whatever comes after", arguments: faults)
    func findsFaults(bytes: [UInt8], fault: Int) {
        for before in 0...70 {
            for after in [0, 1, 3, 8, 33] {
                let text =
                    [UInt8](repeating: 0x61, count: before) + bytes + [UInt8](repeating: 0x61, count: after)
                #expect(firstFault(text) == before + fault)
            }
        }
    }

    @Test("accepts the first and last character of each length at each position", arguments: characters)
    func acceptsCharacters(character: String) {
        for before in 0...70 {
            for after in [0, 1, 7, 8, 40] {
                let text = String(repeating: "a", count: before) + character + String(repeating: "é", count: after)
                #expect(firstFault(Array(text.utf8)) == nil)
            }
        }
    }

    @Test("judges sequences of each two bytes, alone and lengthened, as Swift does")
    func agreesWithSwift() {
        for first in UInt8.min ... .max {
            for second in UInt8.min ... .max {
                for sequence in [[first, second], [first, second, 0x80], [first, second, 0x80, 0xBF]] {
                    let isValid = String(validating: sequence, as: UTF8.self) != nil
                    if (firstFault(sequence) == nil) != isValid { Issue.record("\(sequence)") }
                }
            }
        }
    }

    @Test("goes on where the part before ended within a character", arguments: characters + ["aé€😀z"])
    func goesOn(text: String) {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var validator = UTF8Validator()
            #expect(bytes[..<cut].withUnsafeBytes { validator.firstFault(in: $0) } == nil)
            #expect(validator.isBetweenCharacters == (String(validating: bytes[..<cut], as: UTF8.self) != nil))
            #expect(bytes[cut...].withUnsafeBytes { validator.firstFault(in: $0) } == nil)
            #expect(validator.isBetweenCharacters)
        }
    }

    private func firstFault(_ bytes: [UInt8]) -> Int? {
        var validator = UTF8Validator()
        if let fault = bytes.withUnsafeBytes({ validator.firstFault(in: $0) }) { return fault }
        return validator.isBetweenCharacters ? nil : bytes.count
    }
}
