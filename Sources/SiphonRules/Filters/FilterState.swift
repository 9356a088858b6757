package import SiphonCore

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
