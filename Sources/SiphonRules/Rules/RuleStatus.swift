package import LosslessJSON
package import SiphonCore

/// A rule of the set, where it came from and how often it has acted.
package struct RuleStatus: Hashable, Sendable {
    package let id: RuleID
    /// As it was asked for.
    package let rule: Rule
    /// Whether it is in force: asked for, and not disabled by Siphon.
    package let isEnabled: Bool
    package let source: RuleSource
    package let hits: Int
    /// Nanoseconds since 1970, UTC; nil for never.
    package let lastHit: Int64?
    /// Why Siphon disabled it, or what it could not do; nil for neither.
    package let error: String?

    /// As the API shows it: the rule's members with `id` before and `source`, `hits`, `lastHit` and `error` behind
    /// them.
    package var json: JSONValue {
        .object(
            [JSONMember("id", JSONValue(id.description))] + rule.jsonMembers(isEnabled: isEnabled) + [
                JSONMember("source", JSONValue(source.rawValue)),
                JSONMember("hits", JSONValue(hits)),
                JSONMember("lastHit", lastHit.map { JSONValue(Timestamp.text(nanoseconds: $0)) } ?? .null),
                JSONMember("error", error.map { JSONValue($0) } ?? .null),
            ])
    }
}
