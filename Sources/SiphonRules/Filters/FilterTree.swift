package import EngineIOCore
package import SiphonCore

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

/// One `key:value|value`, or bare words. One of the values is enough.
package enum FilterTerm: Hashable, Sendable {
    case event([TextPattern])
    case namespace([TextPattern])
    case connection([ConnectionID])
    case from([Side])
    case kind([EventKind])
    case state([FilterState])
    case transport([EngineTransport])
    case engineVersion([UInt8])
    case parser([PacketParserName])
    case text([SearchWord])
}

/// What `is:` asks for.
package enum FilterState: Hashable, Sendable {
    case verdict(Verdict)
    case ack(AckState)

    package var word: String {
        switch self {
        case .verdict(let verdict): verdict.word
        case .ack(let state): state.rawValue
        }
    }

    static let all = Verdict.allCases.map(Self.verdict) + AckState.allCases.map(Self.ack)
}

/// How packets are written inside messages. Only JSON is decoded so far: no event has another.
package enum PacketParserName: String, Hashable, Sendable, CaseIterable {
    case json
    case msgpack
}
