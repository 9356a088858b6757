/// `>10`, `<=10`, `1..10` or just `10`.
package enum Comparison<Bound: Hashable & Sendable>: Hashable, Sendable {
    case above(Bound)
    case atLeast(Bound)
    case below(Bound)
    case atMost(Bound)
    case exactly(Bound)
    /// From the one to the other, both included.
    case within(Bound, Bound)

    /// - Parameter order: how the value stands to a bound: negative where it is less, 0 where they are equal.
    func holds(_ order: (Bound) -> Int) -> Bool {
        switch self {
        case .above(let bound): order(bound) > 0
        case .atLeast(let bound): order(bound) >= 0
        case .below(let bound): order(bound) < 0
        case .atMost(let bound): order(bound) <= 0
        case .exactly(let bound): order(bound) == 0
        case .within(let low, let high): order(low) >= 0 && order(high) <= 0
        }
    }

    func text(_ text: (Bound) -> String) -> String {
        switch self {
        case .above(let bound): ">" + text(bound)
        case .atLeast(let bound): ">=" + text(bound)
        case .below(let bound): "<" + text(bound)
        case .atMost(let bound): "<=" + text(bound)
        case .exactly(let bound): text(bound)
        case .within(let low, let high): text(low) + ".." + text(high)
        }
    }
}

extension Comparison where Bound: Comparable {
    func holds(for value: Bound) -> Bool { holds { value < $0 ? -1 : value == $0 ? 0 : 1 } }
}
