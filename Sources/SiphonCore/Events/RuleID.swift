/// A rule's number, counted from 1 within one run; written `r1`.
package struct RuleID: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt32

    package init(_ number: UInt32) { self.number = number }

    package init?(_ text: some StringProtocol) {
        guard let number = ConnectionID.number(in: text, after: "r"), let small = UInt32(exactly: number) else {
            return nil
        }
        self.number = small
    }

    package var description: String { "r\(number)" }
}
