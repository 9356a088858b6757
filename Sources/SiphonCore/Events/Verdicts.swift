/// The verdicts of one event in order of happening, at most eight of them, without an allocation.
package struct Verdicts: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// Four bits a verdict, the first in the lowest.
    package private(set) var packed: UInt32

    package init(packed: UInt32) { self.packed = packed }

    package init(arrayLiteral elements: Verdict...) {
        packed = 0
        for element in elements { append(element) }
    }

    /// Sent on, and nothing else.
    package static let forwarded = Verdicts(packed: UInt32(Verdict.forwarded.rawValue))

    /// Adds one; a ninth is not kept.
    package mutating func append(_ verdict: Verdict) {
        let used = (32 - packed.leadingZeroBitCount + 3) / 4
        guard used < 8 else { return }
        packed |= UInt32(verdict.rawValue) << UInt32(used * 4)
    }

    package func contains(_ verdict: Verdict) -> Bool { array.contains(verdict) }

    package var array: [Verdict] {
        (0..<8).compactMap { Verdict(rawValue: UInt8(packed >> UInt32($0 * 4) & 15)) }
    }
}
