/// The revision of Engine.IO that a hop speaks: the number in the `EIO` query parameter.
package enum EngineVersion: Int, Hashable, Sendable {
    case four = 4

    /// Reads the value of the `EIO` parameter. Nil for a revision that is not spoken here, and for none at all, which
    /// servers take as revision 3.
    package init?(parameter: some StringProtocol) {
        guard parameter == "4" else { return nil }
        self = .four
    }

    /// The value of the `EIO` parameter.
    package var parameter: String { String(rawValue) }
}
