/// What a filter says, as a tree. Lists inside are never empty; `all` and `any` have two parts or more and never
/// contain their own kind, so that equal filters have equal trees.
package indirect enum FilterNode: Hashable, Sendable {
    /// The empty filter.
    case everything
    case term(FilterTerm)
    case not(FilterNode)
    case all([FilterNode])
    case any([FilterNode])

    static func joining(all parts: [FilterNode]) -> FilterNode {
        let flat = parts.flatMap { if case .all(let inner) = $0 { inner } else { [$0] } }
        return flat.count == 1 ? flat[0] : .all(flat)
    }

    static func joining(any parts: [FilterNode]) -> FilterNode {
        let flat = parts.flatMap { if case .any(let inner) = $0 { inner } else { [$0] } }
        return flat.count == 1 ? flat[0] : .any(flat)
    }

    /// The same filter with what costs least first, so that nothing is read that the answer does not hang on.
    var cheapestFirst: FilterNode {
        switch self {
        case .everything, .term: self
        case .not(let inner): .not(inner.cheapestFirst)
        case .all(let parts): .all(Self.cheapestFirst(parts))
        case .any(let parts): .any(Self.cheapestFirst(parts))
        }
    }

    private static func cheapestFirst(_ parts: [FilterNode]) -> [FilterNode] {
        let rated = parts.enumerated().map { (place: $0, cost: $1.cost, node: $1.cheapestFirst) }
        return rated.sorted { ($0.cost, $0.place) < ($1.cost, $1.place) }.map(\.node)
    }

    private var cost: FilterTerm.Cost {
        var cost = FilterTerm.Cost.envelope
        _ = allTerms {
            cost = max(cost, $0.cost)
            return true
        }
        return cost
    }

    /// Whether `condition` holds for each term.
    func allTerms(_ condition: (FilterTerm) -> Bool) -> Bool {
        switch self {
        case .everything: true
        case .term(let term): condition(term)
        case .not(let inner): inner.allTerms(condition)
        case .all(let parts), .any(let parts): parts.allSatisfy { $0.allTerms(condition) }
        }
    }
}
