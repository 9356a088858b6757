/// A length of time: `250ms`, `1.5s`, `2m`.
package struct FilterDuration: Hashable, Sendable, Comparable {
    let nanoseconds: Int64

    static let expected = "a duration such as 250ms, 1.5s or 2m (ns, us, ms, s, m, h)"

    private static let units: [(name: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ]

    init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Nil also for what is negative, no whole number of nanoseconds, or above 292 years.
    init?(_ text: Substring) {
        let unit = text.drop { $0.isASCII && ($0.isNumber || $0 == ".") }
        guard let size = Self.units.first(where: { $0.name == unit })?.nanoseconds,
            let number = DecimalNumber(text.dropLast(unit.count)),
            let billionths = number.scaled(byPowerOfTen: 9).integer
        else { return nil }
        let (duration, rest) = (Int128(billionths) * Int128(size)).quotientAndRemainder(dividingBy: 1_000_000_000)
        guard duration >= 0, rest == 0, let nanoseconds = Int64(exactly: duration) else { return nil }
        self.nanoseconds = nanoseconds
    }

    /// In the largest unit that needs no fraction.
    var text: String {
        for (name, size) in Self.units.reversed() where nanoseconds % size == 0 && (nanoseconds > 0 || name == "s") {
            return "\(nanoseconds / size)\(name)"
        }
        return "\(nanoseconds)ns"
    }

    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}
