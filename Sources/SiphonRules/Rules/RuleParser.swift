package import LosslessJSON
import SiphonCore

/// Reads rules from what JSON or YAML said. Every key is known or an error.
package struct RuleParser {
    /// Most rules of a set, actions of a rule, and assignments of an action.
    package static let ruleLimit = 1000
    package static let actionLimit = 100
    package static let assignmentLimit = 100
    static let markLimit = 8
    /// Most attachments of a packet that a rule made: what the proxy carries.
    static let attachmentLimit = Limits().attachmentsPerPacket

    /// Whether `id`, `source`, `hits` and `lastHit` may stand in a rule, so that what the API showed can be sent back.
    /// They are facts about the rule, not part of it.
    private let allowsReportedKeys: Bool

    init(allowsReportedKeys: Bool) { self.allowsReportedKeys = allowsReportedKeys }

    /// Reads one rule as the API takes it: `{"name", "when", "then", "enabled", "stop"}`.
    package static func rule(from json: JSONValue) throws(RuleError) -> Rule {
        try RuleParser(allowsReportedKeys: true).rule(json, at: .root)
    }

    /// Reads `{"rules": […]}`.
    static func rules(from json: JSONValue) throws(RuleError) -> [Rule] {
        let members = try Members(json, at: .root, known: ["rules"])
        guard let list = members["rules"] else { throw members.path.error("expected rules: and a list of them") }
        let path = members.path.key("rules")
        if list == .null { return [] }
        guard let elements = list.elements else { throw path.error("expected a list of rules, found \(list.kindName)") }
        guard elements.count <= ruleLimit else { throw path.error("more than \(ruleLimit) rules") }
        var rules: [Rule] = []
        for (index, element) in elements.enumerated() {
            rules.append(try RuleParser(allowsReportedKeys: false).rule(element, at: path.index(index)))
        }
        return rules
    }

    private static let keys = ["name", "when", "then", "enabled", "stop"] + RuleConditions.keys
    private static let unbuiltKeys = ["on"]
    private static let reportedKeys = ["id", "source", "hits", "lastHit", "error"]

    func rule(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Rule {
        let reported = allowsReportedKeys ? Self.reportedKeys : []
        let members = try Members(json, at: path, known: Self.keys, ignored: reported, unbuilt: Self.unbuiltKeys)
        guard let when = members["when"] else { throw path.error("a rule needs when: and a filter") }
        guard let then = members["then"] else { throw path.error("a rule needs then: and an action") }
        return Rule(
            name: try members.string("name"), when: try filter(when, at: path.key("when")),
            then: try ActionParser.actions(then, at: path.key("then")), enabled: try members.bool("enabled") ?? true,
            stop: try members.bool("stop") ?? false, conditions: try RuleConditions(members),
            written: [JSONMember("then", then)]
                + RuleConditions.keys.compactMap { key in members[key].map { JSONMember(JSONString(key), $0) } })
    }

    private func filter(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Filter {
        guard let text = json.string else { throw path.error("expected a filter in text, found \(json.kindName)") }
        let filter: Filter
        do { filter = try Filter(parsing: text) } catch {
            throw path.error(error.description, filterColumn: error.column)
        }
        if let obstacle = filter.obstacleInRules { throw path.error(obstacle) }
        return filter
    }
}
