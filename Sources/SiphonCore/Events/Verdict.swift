/// One thing that became of an event. The raw value is stored in captures: never renumber.
package enum Verdict: UInt8, Hashable, Sendable, CaseIterable {
    case forwarded = 1
    case modified = 2
    case dropped = 3
    case delayed = 4
    case throttled = 5
    case duplicated = 6
    case reordered = 7
    case held = 8
    case injected = 9
    case replied = 10

    /// The word in filters and the API.
    package var word: String { "\(self)" }

    package init?(word: some StringProtocol) {
        guard let verdict = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = verdict
    }
}
