import SiphonCore

/// The words behind `siphon rules`.
struct RulesOptions {
    enum Action: Equatable {
        case list(asJSON: Bool)
        /// A rule, a file of rules, or `-` for standard input.
        case add(String)
        case remove([RuleID])
        case enable([RuleID])
        case disable([RuleID])
        /// These first, in this order; the rest behind them.
        case order([RuleID])
        case save
        case check([String])
    }

    var action: Action
    /// Nil where none is asked.
    var address: InspectorAddress?

    private static let actions = "list, add, remove, enable, disable, order, save or check"

    init(parsing words: ArraySlice<String>, environment: [String: String]) throws(CommandError) {
        guard let name = words.first else {
            throw .usage("expected \(Self.actions) after rules; `siphon help rules` says more")
        }
        var reader = OptionReader(words.dropFirst())
        var (positionals, url, token, asJSON) = ([String](), String?.none, String?.none, false)
        while let word = reader.next() {
            switch word {
            case .positional(let text): positionals.append(text)
            case .option("--inspector", let inline) where name != "check":
                url = try reader.value(of: "--inspector", inline: inline, expected: InspectorAddress.expected)
            case .option("--token", let inline) where name != "check":
                token = try reader.value(of: "--token", inline: inline, expected: ProxyOptions.tokenForm)
            case .option("--json", nil) where name == "list": asJSON = true
            case .option(let option, _):
                throw .usage("rules \(name) takes no \(option); `siphon help rules` lists what it takes")
            }
        }
        action = try Self.action(name, positionals, asJSON: asJSON)
        if name != "check" { address = try InspectorAddress(url: url, token: token, environment: environment) }
    }

    private static func action(_ name: String, _ words: [String], asJSON: Bool) throws(CommandError) -> Action {
        switch name {
        case "list", "save":
            guard let word = words.first else { return name == "list" ? .list(asJSON: asJSON) : .save }
            throw .usage("expected nothing behind rules \(name), not “\(word)”")
        case "add":
            guard words.count <= 1 else { throw .usage("expected one rule in one word: quotes round it make it one") }
            return .add(words.first ?? "-")
        case "remove": return .remove(try ids(words, name))
        case "enable": return .enable(try ids(words, name))
        case "disable": return .disable(try ids(words, name))
        case "order": return .order(try ids(words, name))
        case "check":
            guard !words.isEmpty else { throw .usage("expected the path of a rule file after rules check") }
            return .check(words)
        default: throw .usage("expected \(actions) after rules, not “\(name)”")
        }
    }

    private static func ids(_ words: [String], _ name: String) throws(CommandError) -> [RuleID] {
        guard !words.isEmpty else { throw .usage("expected the id of a rule, such as r1, after rules \(name)") }
        var ids: [RuleID] = []
        for word in words {
            guard let id = RuleID(word) else { throw .usage("expected the id of a rule, such as r1, not “\(word)”") }
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }
}
