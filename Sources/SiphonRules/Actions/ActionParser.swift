import LosslessJSON

/// Reads what stands behind `then`: the name of an action, a map of one action, or a list of either.
enum ActionParser {
    private static let names = ["drop", "set"]
    private static let unbuiltNames = [
        "remove", "rename", "replace", "delay", "throttle", "duplicate", "reorder", "reply", "emit", "hold",
        "disconnect", "mark", "refuse", "block", "silence", "cut", "halfOpen", "bandwidth",
    ]
    /// Socket.IO names that no peer may send as an event (Socket.IO v5 reference, reserved names).
    private static let reservedEventNames: Set = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    static func actions(_ json: JSONValue, at path: RulePath) throws(RuleError) -> [Action] {
        guard case .array(let elements) = json else { return [try action(json, at: path)] }
        guard !elements.isEmpty else { throw path.error("expected at least one action") }
        guard elements.count <= RuleParser.actionLimit else {
            throw path.error("more than \(RuleParser.actionLimit) actions")
        }
        var actions: [Action] = []
        for (index, element) in elements.enumerated() { actions.append(try action(element, at: path.index(index))) }
        return actions
    }

    private static func action(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        if let name = json.string {
            guard names.contains(name) else { throw unknown(name, at: path, isKey: false) }
            guard name == "drop" else { throw path.error("\(name) needs a map: { \(name): { … } }") }
            return .drop
        }
        guard let members = json.members else {
            throw path.error("expected the name of an action or a map, found \(json.kindName)")
        }
        for member in members where !names.contains(member.key.value) {
            throw unknown(member.key.value, at: path.key(member.key.value), isKey: true)
        }
        guard members.count == 1, let member = members.first else {
            throw path.error("expected one action in a map; several make a list")
        }
        let path = path.key(member.key.value)
        return member.key.value == "drop" ? try drop(member.value, at: path) : try set(member.value, at: path)
    }

    private static func unknown(_ name: String, at path: RulePath, isKey: Bool) -> RuleError {
        let suggestion = Suggestion.text(for: name, among: names)
        let message =
            unbuiltNames.contains(name)
            ? "the action \(name) is not built yet"
            : "unknown action \(name)\(suggestion); expected \(names.joined(separator: " or "))"
        return isKey ? path.keyError(message) : path.error(message)
    }

    private static func drop(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        let members = try Members(json, at: path, known: ["ack"])
        guard let ack = members["ack"] else { return .drop }
        let path = path.key("ack")
        guard let arguments = ack.elements else {
            throw path.error("expected a list, the arguments of the ack, found \(ack.kindName)")
        }
        for (index, argument) in arguments.enumerated() { try check(argument, at: path.index(index)) }
        return .drop(answer: arguments)
    }

    private static func set(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard let members = json.members else {
            throw path.error(#"expected a map such as { "args[0].room": staging }, found \#(json.kindName)"#)
        }
        guard !members.isEmpty else { throw path.error("expected at least one path") }
        guard members.count <= RuleParser.assignmentLimit else {
            throw path.error("more than \(RuleParser.assignmentLimit) paths")
        }
        var assignments: [Assignment] = []
        for member in members {
            let path = path.key(member.key.value)
            let target = try target(member.key.value, at: path)
            guard !assignments.contains(where: { $0.target == target }) else { throw path.keyError("comes twice") }
            try check(member.value, at: path)
            if target == .name { try checkName(member.value, at: path) }
            assignments.append(Assignment(target, member.value))
        }
        return .set(assignments)
    }

    private static func target(_ text: String, at path: RulePath) throws(RuleError) -> Assignment.Target {
        let elements: [JSONPath.Element]
        do { elements = try JSONPath(parsing: text).elements } catch { throw path.keyError("path, \(error)") }
        switch (elements.first, elements.dropFirst().first, elements.dropFirst(2).first) {
        case (.key("name"), nil, nil): return .name
        case (.key("args"), .index(let index), _): return .argument(index, JSONPath(Array(elements.dropFirst(2))))
        case (.key("ack"), .key("args"), .index(let index)):
            return .ackArgument(index, JSONPath(Array(elements.dropFirst(3))))
        default: throw path.keyError("expected a path that is name, or starts with args[0] or ack.args[0]")
        }
    }

    private static func checkName(_ value: JSONValue, at path: RulePath) throws(RuleError) {
        guard let name = value.string else { throw path.error("expected a text, found \(value.kindName)") }
        guard !name.isEmpty else { throw path.error("expected a name that is not empty") }
        guard !reservedEventNames.contains(name) else { throw path.error("\(name) is reserved by Socket.IO") }
    }

    /// Refuses what will mean something else once it is built, and what would pass for an attachment.
    private static func check(_ value: JSONValue, at path: RulePath) throws(RuleError) {
        switch value {
        case .string(let string):
            guard !string.value.contains("{{") else { throw path.error("a template ({{) is not built yet") }
        case .array(let elements):
            for (index, element) in elements.enumerated() { try check(element, at: path.index(index)) }
        case .object(let members):
            for member in members {
                let key = member.key.value
                guard key != "$binary" else { throw path.error("a binary value ($binary) is not built yet") }
                guard key != "_placeholder" else {
                    throw path.error("_placeholder stands for an attachment on the wire and cannot be set")
                }
                try check(member.value, at: path.key(key))
            }
        case .null, .bool, .number: break
        }
    }
}
