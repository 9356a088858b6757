package import EngineIOCore
package import SiphonCore

/// One `key:value|value`, or bare words. One of the values is enough.
package enum FilterTerm: Hashable, Sendable {
    case event([TextCondition])
    case namespace([TextPattern])
    case connection([ConnectionID])
    case from([Side])
    case kind([EventKind])
    case state([FilterState])
    case transport([EngineTransport])
    case engineVersion([UInt8])
    case parser([PacketParserName])
    /// In bytes.
    case size([Comparison<Int64>])
    case latency([Comparison<FilterDuration>])
    case time([Comparison<FilterTime>])
    case mark([TextCondition])
    case value(FilterPath, [FilterValue])
    case text([SearchWord])
}

extension FilterTerm {
    /// What it takes to ask it, the least first.
    enum Cost: Int, Comparable {
        case envelope
        case arguments
        case expression

        static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    var cost: Cost {
        switch self {
        case .event(let conditions), .mark(let conditions):
            conditions.contains(where: \.hasExpression) ? .expression : .envelope
        case .value(_, let values) where values.contains(where: \.hasExpression): .expression
        case .value(let path, _): path.root == .name ? .envelope : .arguments
        case .text: .arguments
        case .namespace, .connection, .from, .kind, .state, .transport, .engineVersion, .parser, .size, .latency, .time:
            .envelope
        }
    }
}
