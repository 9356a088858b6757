import LosslessJSON
import NIOCore

/// Durations as rules write them: `250ms`, `1.5s`, `2m`, `1h`.
enum RuleDuration {
    private static let units: [(suffix: String, nanoseconds: Double)] = [
        ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    static func time(_ json: JSONValue, at path: RulePath) throws(RuleError) -> TimeAmount {
        guard let text = json.string, let time = time(text) else {
            let found = json.string ?? (json.int.map { "\($0) without a unit" } ?? json.kindName)
            throw path.error("expected a duration such as 300ms, 1.5s, 2m or 1h, found \(found)")
        }
        return time
    }

    /// From zero to 1000 hours.
    static func time(_ text: String) -> TimeAmount? {
        guard let unit = units.first(where: { text.hasSuffix($0.suffix) }) else { return nil }
        let number = text.dropLast(unit.suffix.count)
        let digits = number.split(separator: ".", omittingEmptySubsequences: false)
        guard digits.count <= 2,
            digits.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let value = Double(number)
        else { return nil }
        let nanoseconds = value * unit.nanoseconds
        return nanoseconds <= 3600e12 ? .nanoseconds(Int64(nanoseconds.rounded())) : nil
    }
}
