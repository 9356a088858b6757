/// One of the two peers of a connection. As a sender, `client` means client to upstream.
package enum Side: UInt8, Hashable, Sendable, CaseIterable {
    case client
    case upstream

    package var other: Side { self == .client ? .upstream : .client }

    /// The word in filters, rules and the API.
    package var word: String { self == .client ? "client" : "upstream" }

    package init?(word: some StringProtocol) {
        switch word {
        case "client": self = .client
        case "upstream": self = .upstream
        default: return nil
        }
    }
}
