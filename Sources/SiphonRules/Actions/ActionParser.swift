import LosslessJSON
import NIOCore
import SiphonCore

/// Reads what stands behind `then`: the name of an action, a map of one action, or a list of either.
enum ActionParser {
    private typealias Reader = @Sendable (JSONValue, RulePath) throws(RuleError) -> Action

    /// In the order in which help and errors name them.
    private static let readers: [(name: String, read: Reader)] = [
        ("drop", drop), ("set", set), ("remove", remove), ("rename", rename), ("replace", replace), ("delay", delay),
        ("throttle", throttle), ("duplicate", duplicate), ("reorder", reorder), ("reply", reply), ("emit", emit),
        ("disconnect", disconnect), ("mark", mark),
    ]
    static let names = readers.map(\.name)
    private static let unbuiltNames = ["hold", "refuse", "block", "silence", "cut", "halfOpen", "bandwidth"]

    static func actions(_ json: JSONValue, at path: RulePath) throws(RuleError) -> [Action] {
        guard case .array(let elements) = json else { return [try action(json, at: path)] }
        guard !elements.isEmpty else { throw path.error("expected at least one action") }
        guard elements.count <= RuleParser.actionLimit else {
            throw path.error("more than \(RuleParser.actionLimit) actions")
        }
        var actions: [Action] = []
        for (index, element) in elements.enumerated() { actions.append(try action(element, at: path.index(index))) }
        for (index, action) in actions.enumerated() {
            guard let name = action.nameIfOnce, actions[..<index].contains(where: { $0.nameIfOnce == name }) else {
                continue
            }
            throw path.index(index).error("a second \(name) in one rule; make it a rule of its own")
        }
        return actions
    }

    private static func action(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        if let name = json.string {
            switch name {
            case "drop": return .drop(answer: nil)
            case "duplicate": return .duplicate(2)
            default:
                guard names.contains(name) else { throw unknown(name, at: path, isKey: false) }
                throw path.error("\(name) needs a value: { \(name): … }")
            }
        }
        guard let members = json.members else {
            throw path.error("expected the name of an action or a map, found \(json.kindName)")
        }
        for member in members where !names.contains(member.key.value) {
            let path = path.key(member.key.value)
            if let owner = members.first(where: { $0.value == .null })?.key.value, names.contains(owner) {
                throw path.keyError("\(owner) has no value; what belongs to it is indented further than it is")
            }
            throw unknown(member.key.value, at: path, isKey: true)
        }
        guard members.count == 1, let member = members.first,
            let reader = readers.first(where: { $0.name == member.key.value })
        else { throw path.error("expected one action in a map; several make a list") }
        return try reader.read(member.value, path.key(reader.name))
    }

    private static func unknown(_ name: String, at path: RulePath, isKey: Bool) -> RuleError {
        let suggestion = Suggestion.text(for: name, among: names)
        let list = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        let message =
            unbuiltNames.contains(name)
            ? "the action \(name) is not built yet" : "unknown action \(name)\(suggestion); expected \(list)"
        return isKey ? path.keyError(message) : path.error(message)
    }

    // MARK: Dropping

    private static func drop(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard json.members != nil else {
            throw path.error("expected drop alone, or { ack: [ … ] }, found \(json.kindName)")
        }
        let members = try Members(json, at: path, known: ["ack"])
        guard let ack = members["ack"] else { return .drop(answer: nil) }
        return .drop(answer: try arguments(ack, of: "the ack", at: path.key("ack")))
    }

    private static func reply(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        .reply(try arguments(json, of: "the ack", at: path))
    }

    private static func arguments(
        _ json: JSONValue, of what: String, at path: RulePath
    ) throws(RuleError) -> [RuleValue] {
        guard let list = json.elements else {
            throw path.error("expected a list, the arguments of \(what), found \(json.kindName)")
        }
        return try RuleValueParser.values(list, at: path)
    }

    // MARK: Editing

    private static func set(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard let members = json.members else {
            throw path.error(#"expected a map such as { "args[0].room": staging }, found \#(json.kindName)"#)
        }
        guard !members.isEmpty else { throw path.error("expected at least one path") }
        guard members.count <= RuleParser.assignmentLimit else {
            throw path.error("more than \(RuleParser.assignmentLimit) paths")
        }
        var assignments: [Action.Assignment] = []
        for member in members {
            let path = path.key(member.key.value)
            let place = try place(member.key.value, at: path, isKey: true)
            guard !assignments.contains(where: { $0.place == place }) else { throw path.keyError("comes twice") }
            guard !place.keys.contains("_placeholder") else {
                throw path.keyError("_placeholder stands for an attachment on the wire and cannot be set")
            }
            let value =
                place == .name ? try name(member.value, at: path) : try RuleValueParser.value(member.value, at: path)
            assignments.append(Action.Assignment(place: place, value: value))
        }
        return .set(assignments)
    }

    private static func remove(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        if let text = json.string { return .remove([try removable(text, at: path)]) }
        guard let elements = json.elements else {
            throw path.error("expected a path such as args[0].token, or a list of paths, found \(json.kindName)")
        }
        guard !elements.isEmpty else { throw path.error("expected at least one path") }
        guard elements.count <= RuleParser.assignmentLimit else {
            throw path.error("more than \(RuleParser.assignmentLimit) paths")
        }
        var places: [EventPlace] = []
        for (index, element) in elements.enumerated() {
            let path = path.index(index)
            guard let text = element.string else { throw path.error("expected a path, found \(element.kindName)") }
            places.append(try removable(text, at: path))
        }
        return .remove(places)
    }

    private static func removable(_ text: String, at path: RulePath) throws(RuleError) -> EventPlace {
        let place = try place(text, at: path, isKey: false)
        guard place != .name else { throw path.error("an event must have a name") }
        return place
    }

    private static func rename(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        .rename(try name(json, at: path))
    }

    private static func replace(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        .replace(try arguments(json, of: "the event", at: path))
    }

    private static func place(_ text: String, at path: RulePath, isKey: Bool) throws(RuleError) -> EventPlace {
        let place: EventPlace?
        do { place = try EventPlace(parsing: text) } catch {
            throw isKey ? path.keyError("path, \(error)") : path.error("path, \(error)")
        }
        if let place { return place }
        let message = "expected a path that is name, or starts with args[0] or ack.args[0], found \(text)"
        throw isKey ? path.keyError(message) : path.error(message)
    }

    private static func name(_ json: JSONValue, at path: RulePath) throws(RuleError) -> RuleValue {
        guard let name = json.string else { throw path.error("expected a text, found \(json.kindName)") }
        guard !name.isEmpty else { throw path.error("expected a name that is not empty") }
        guard !EventName.reserved.contains(name) else { throw path.error("\(name) is reserved by Socket.IO") }
        return try RuleValueParser.value(json, at: path)
    }

    // MARK: Time and order

    /// What a delay, jitter, throttle or emission may come to.
    private static let longestTime = TimeAmount.hours(1)

    private static func delay(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard json.members != nil else { return .delay(time: try time(json, at: path), jitter: .zero) }
        let members = try Members(json, at: path, known: ["for", "jitter"])
        let time = try time(members["for"], of: "for", in: members) ?? .zero
        let jitter = try self.time(members["jitter"], of: "jitter", in: members) ?? .zero
        guard time > .zero || jitter > .zero else { throw path.error("expected for: and a duration such as 300ms") }
        return .delay(time: time, jitter: jitter)
    }

    private static func throttle(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard json.members != nil else {
            throw path.error("expected a map such as { events: 10, per: 1s }, found \(json.kindName)")
        }
        let members = try Members(json, at: path, known: ["events", "per"])
        guard let events = try members.integer("events", in: 1...10_000) else {
            throw path.error("expected events: and a number, such as { events: 10, per: 1s }")
        }
        guard let per = try time(members["per"], of: "per", in: members), per > .zero else {
            throw path.error("expected per: and a duration, such as { events: 10, per: 1s }")
        }
        return .throttle(events: events, per: per)
    }

    private static func duplicate(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard let count = json.int, (2...100).contains(count) else {
            throw path.error("expected how many times it is sent in all, from 2 to 100")
        }
        return .duplicate(count)
    }

    private static func reorder(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard json.members != nil else {
            throw path.error("expected a map such as { window: 3 }, found \(json.kindName)")
        }
        let members = try Members(json, at: path, known: ["window", "seed"])
        guard let window = try members.integer("window", in: 2...1000) else {
            throw path.error("expected window: and a number of events, such as { window: 3 }")
        }
        return .reorder(window: window, seed: try members.integer("seed", in: 0...Int.max).map { UInt64($0) })
    }

    private static func time(_ json: JSONValue?, of key: String, in members: Members) throws(RuleError) -> TimeAmount? {
        guard let json else { return nil }
        return try time(json, at: members.path.key(key))
    }

    private static func time(_ json: JSONValue, at path: RulePath) throws(RuleError) -> TimeAmount {
        let time = try RuleDuration.time(json, at: path)
        guard time <= longestTime else { throw path.error("expected at most 1h") }
        return time
    }

    // MARK: Besides

    private static func emit(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        let members = try Members(json, at: path, known: ["to", "namespace", "name", "args", "after"])
        guard let to = try members.string("to").flatMap({ Side(word: $0) }) else {
            let found = members["to"].map { ", found \($0.string ?? $0.kindName)" } ?? ""
            throw path.key("to").error("expected to: client or to: upstream\(found)")
        }
        guard let nameJSON = members["name"] else { throw path.error("expected name: and the event's name") }
        let namespace = try members.string("namespace")
        guard namespace?.first ?? "/" == "/", namespace?.contains(",") != true else {
            throw path.key("namespace").error("expected a namespace such as /admin")
        }
        return .emit(
            Action.EmitAction(
                to: to, namespace: namespace, name: try name(nameJSON, at: path.key("name")),
                arguments: try members["args"].map { json throws(RuleError) in
                    try arguments(json, of: "the event", at: path.key("args"))
                } ?? [], after: try time(members["after"], of: "after", in: members) ?? .zero))
    }

    private static func disconnect(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        guard let text = json.string, let method = Action.Disconnect(rawValue: text) else {
            let words = Action.Disconnect.allCases.map(\.rawValue)
            let suggestion = json.string.map { Suggestion.text(for: $0, among: words) } ?? ""
            throw path.error(
                "expected transport, namespace or server, found \(json.string ?? json.kindName)\(suggestion)")
        }
        return .disconnect(method)
    }

    private static func mark(_ json: JSONValue, at path: RulePath) throws(RuleError) -> Action {
        let elements = json.elements ?? [json]
        guard (1...RuleParser.markLimit).contains(elements.count) else {
            throw path.error("expected a word, or a list of up to \(RuleParser.markLimit)")
        }
        var marks: [String] = []
        for element in elements {
            guard let mark = element.string else { throw path.error("expected a word, found \(element.kindName)") }
            guard (1...100).contains(mark.utf8.count) else {
                throw path.error("expected a word of 1 to 100 bytes, found one of \(mark.utf8.count)")
            }
            if !marks.contains(mark) { marks.append(mark) }
        }
        return .mark(marks)
    }
}

extension Action {
    /// Those of which a rule keeps account, for one of them.
    fileprivate var nameIfOnce: String? {
        switch self {
        case .throttle: "throttle"
        case .reorder: "reorder"
        default: nil
        }
    }
}
