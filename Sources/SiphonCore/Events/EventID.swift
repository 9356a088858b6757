/// A recorded event's number, counted from 1 within one run, in order of recording; written `e42`.
package struct EventID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    /// Reads `e42`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard let number = ConnectionID.number(in: text, after: "e") else { return nil }
        self.number = number
    }

    package var description: String { "e\(number)" }

    package static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}
