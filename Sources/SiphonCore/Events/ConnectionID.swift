/// A connection's number, counted from 1 within one run; written `c7`.
package struct ConnectionID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    /// Reads `c7`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let number = Self.number(in: text, after: "c") else { return nil }
        self.number = number
    }

    package var description: String { "c\(number)" }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }

    static func number(in text: some StringProtocol, after letter: Character) -> UInt64? {
        guard text.first == letter, text.utf8.dropFirst().allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text.dropFirst())
    }
}
