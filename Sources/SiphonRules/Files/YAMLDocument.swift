import LosslessJSON
import Yams

/// A YAML text as a JSON value that knows where its parts stand.
///
/// Plain scalars are read as YAML 1.2 does (core schema): `yes`, `no` and `on` are texts, and so is every key. The text
/// of numbers is kept.
struct YAMLDocument {
    /// Most values, counting what an alias stands for each time.
    static let valueLimit = 50_000
    static let depthLimit = 64
    /// Most aliases. Few, since the library compares keys with all that their aliases stand for.
    static let aliasLimit = 16

    private struct Place {
        var line: Int
        var column: Int
        /// See `quotes(around:)`.
        var quotes: Int?
    }

    let value: JSONValue
    private let root: Node

    init(parsing text: String) throws(RuleError) {
        guard Self.aliasCount(text) <= Self.aliasLimit else {
            throw RuleError(path: "", message: "more than \(Self.aliasLimit) aliases in a YAML file are not read")
        }
        let root: Node?
        do { root = try Yams.compose(yaml: text) } catch { throw Self.ruleError(error, in: text) }
        guard let root else {
            throw RuleError(path: "", message: "the file is empty; expected rules:", line: 1, column: 1)
        }
        var converter = Converter()
        value = try converter.value(root, at: .root, depth: 0)
        self.root = root
    }

    /// The error with the line and column of what it is about.
    func locating(_ error: RuleError) -> RuleError {
        var error = error
        guard let node = node(at: error.path, isKey: error.isAboutKey), let place = Self.place(of: node) else {
            return error
        }
        error.line = place.line
        error.column = place.column
        if let quotes = place.quotes, let column = error.filterColumn {
            error.column = place.column + quotes + column - 1
        }
        return error
    }

    /// What stands at a path, or the key that the path ends with. Goes down from the root, looking at keys alone.
    private func node(at path: String, isKey: Bool) -> Node? {
        var (node, key) = (root, root)
        var rest = path.utf8[...]
        func takes(_ text: String) -> Bool {
            guard rest.starts(with: text.utf8) else { return false }
            let next = rest.dropFirst(text.utf8.count).first
            return next == nil || next == UInt8(ascii: ".") || next == UInt8(ascii: "[")
        }
        while !rest.isEmpty {
            var found: (key: Node, node: Node, text: String)?
            switch node {
            case .mapping(let mapping):
                for (key, element) in mapping {
                    guard case .scalar(let scalar) = key else { continue }
                    let text = RulePath.text(ofKey: scalar.string, isFirst: rest.count == path.utf8.count)
                    if takes(text) { found = (key, element, text) }
                }
            case .sequence(let sequence):
                for (index, element) in sequence.enumerated() where takes(RulePath.text(ofIndex: index)) {
                    found = (element, element, RulePath.text(ofIndex: index))
                }
            case .scalar, .alias: break
            }
            guard let found else { return nil }
            (key, node) = (found.key, found.node)
            rest = rest.dropFirst(found.text.utf8.count)
        }
        return isKey ? key : node
    }

    /// Whether the layout has the same parts in the same places.
    func hasShape(of layout: YAMLLayout) -> Bool { Self.hasShape(root, layout.root) }

    private static func hasShape(_ node: Node, _ layout: YAMLLayout.Node?) -> Bool {
        switch (node, layout?.content) {
        case (_, .alias): true
        case (.scalar(let scalar), nil): scalar.string.isEmpty
        case (.scalar, .scalar): true
        case (.sequence(let nodes), .sequence(let items)):
            nodes.count == items.count && zip(nodes, items).allSatisfy { hasShape($0, $1.node) }
        case (.mapping(let nodes), .mapping(let pairs)):
            nodes.count == pairs.count
                && zip(nodes, pairs).allSatisfy { hasShape($0.key, $1.key) && hasShape($0.value, $1.value) }
        default: false
        }
    }

    private static func place(of node: Node) -> Place? {
        guard let mark = node.mark else { return nil }
        return Place(line: mark.line, column: mark.column, quotes: quotes(around: node))
    }

    /// How many characters stand before the text of a scalar on its line; nil where it may go over several lines.
    private static func quotes(around node: Node) -> Int? {
        guard case .scalar(let scalar) = node else { return nil }
        switch scalar.style {
        case .plain, .any: return 0
        case .singleQuoted, .doubleQuoted: return 1
        case .literal, .folded: return nil
        }
    }

    /// How many words could be aliases; 0 where nothing could be an anchor. Counts too many rather than too few.
    private static func aliasCount(_ text: String) -> Int {
        var anchors = 0
        var aliases = 0
        var before = UInt8(ascii: "\n")
        var mark: UInt8 = 0
        for byte in text.utf8 {
            let isSpace = byte <= 0x20
            if mark != 0, !isSpace, byte != UInt8(ascii: "*") {
                if mark == UInt8(ascii: "*") { aliases += 1 } else { anchors += 1 }
            }
            let startsNode = before <= 0x20 || [0x5B, 0x7B, 0x2C, 0x3A, 0x22, 0x27].contains(before)
            mark = startsNode && (byte == UInt8(ascii: "*") || byte == UInt8(ascii: "&")) ? byte : 0
            before = byte
        }
        return anchors == 0 ? 0 : aliases
    }

    private static func ruleError(_ error: any Error, in text: String) -> RuleError {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return RuleError(path: "", message: "not YAML: \(problem)", line: mark.line, column: mark.column)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let message = "\(duplicates.first ?? "a key") comes twice"
            return RuleError(path: "", message: message, line: context.mark.line, column: context.mark.column)
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0).split(separator: "\n", omittingEmptySubsequences: false)
            return RuleError(
                path: "", message: "not YAML: \(problem)", line: max(1, before.count),
                column: (before.last?.count ?? 0) + 1)
        default: return RuleError(path: "", message: "not YAML")
        }
    }

    // MARK: Conversion

    private struct Converter {
        private var valuesLeft = YAMLDocument.valueLimit

        init() {}

        mutating func value(_ node: Node, at path: RulePath, depth: Int) throws(RuleError) -> JSONValue {
            valuesLeft -= 1
            guard valuesLeft >= 0 else { throw fault("more than \(YAMLDocument.valueLimit) values", node, path) }
            guard depth <= YAMLDocument.depthLimit else {
                throw fault("more than \(YAMLDocument.depthLimit) levels", node, path)
            }
            switch node {
            case .scalar(let scalar): return try self.scalar(scalar, node, path)
            case .sequence(let sequence):
                var elements: [JSONValue] = []
                for (index, element) in sequence.enumerated() {
                    elements.append(try value(element, at: path.index(index), depth: depth + 1))
                }
                return .array(elements)
            case .mapping(let mapping):
                var members: [JSONMember] = []
                for (key, element) in mapping {
                    guard case .scalar(let scalar) = key else { throw fault("a key must be a text", key, path) }
                    let path = path.key(scalar.string)
                    members.append(
                        JSONMember(JSONString(scalar.string), try value(element, at: path, depth: depth + 1)))
                }
                return .object(members)
            case .alias: throw fault("an alias without its anchor", node, path)
            }
        }

        private func fault(_ message: String, _ node: Node, _ path: RulePath) -> RuleError {
            RuleError(path: path.text, message: message, line: node.mark?.line, column: node.mark?.column)
        }

        private func scalar(_ scalar: Node.Scalar, _ node: Node, _ path: RulePath) throws(RuleError) -> JSONValue {
            guard scalar.style == .plain, scalar.tag.rawValue != Tag.Name.str.rawValue else {
                return JSONValue(scalar.string)
            }
            guard let value = YAMLDocument.value(ofPlain: scalar.string) else {
                throw fault("\(scalar.string) is no number that JSON can write", node, path)
            }
            return value
        }
    }

    /// What a plain scalar is; nil for a number that JSON cannot write.
    static func value(ofPlain text: String) -> JSONValue? {
        switch text {
        case "", "~", "null", "Null", "NULL": .null
        case "true", "True", "TRUE": true
        case "false", "False", "FALSE": false
        case let text where notNumbers.contains(text.lowercased()): JSONValue?.none
        default: number(text) ?? JSONValue(text)
        }
    }

    private static let notNumbers: Set = [".inf", "-.inf", "+.inf", ".nan"]

    /// The number that a plain scalar is (YAML 1.2, core schema); nil for a text. One that JSON can write as it stands
    /// keeps its text.
    private static func number(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || "+-.".utf8.contains(first) else {
            return nil
        }
        if let value = try? JSONValue(parsing: text), case .number = value { return value }
        if text.hasPrefix("0x") {
            return UInt64(text.dropFirst(2), radix: 16).flatMap { try? JSONValue(parsing: "\($0)") }
        }
        if text.hasPrefix("0o") {
            return UInt64(text.dropFirst(2), radix: 8).flatMap { try? JSONValue(parsing: "\($0)") }
        }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
        if let integer = Int(text) { return JSONValue(integer) }
        guard let double = Double(text), double.isFinite else { return nil }
        return .number(JSONNumber(double))
    }
}
