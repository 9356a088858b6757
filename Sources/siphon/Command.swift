/// What the command line asks for.
enum Command {
    case help(topic: String?)
    case version
    case proxy(ProxyOptions)
    case demo(ProxyOptions)
    case rules(RulesOptions)
    case client(ClientOptions)

    init(parsing words: [String]) throws(CommandError) {
        if words.contains("--help") || words.contains("-h") {
            self = .help(topic: words.first { !$0.hasPrefix("-") && $0 != "help" && !$0.contains("://") })
            return
        }
        switch words.first {
        case nil: throw .usage("expected an upstream URL such as http://localhost:3000; `siphon --help` says more")
        case "help":
            guard words.count <= 2 else { throw .usage("expected one topic after help") }
            self = .help(topic: words.dropFirst().first)
        case "--version": self = .version
        case "proxy": self = .proxy(try ProxyOptions(parsing: words.dropFirst()))
        case "demo": self = .demo(try ProxyOptions(ofDemo: words.dropFirst()))
        case "rules": self = .rules(try RulesOptions(parsing: words.dropFirst(), environment: Environment.current))
        case "client": self = .client(try ClientOptions(parsing: words.dropFirst()))
        default: self = .proxy(try ProxyOptions(parsing: words[...]))
        }
    }
}

/// Takes `--name value`, `--name=value` and `--flag` apart.
struct OptionReader {
    private var words: ArraySlice<String>

    init(_ words: ArraySlice<String>) { self.words = words }

    enum Word {
        case option(String, inlineValue: String?)
        case positional(String)
    }

    mutating func next() -> Word? {
        guard let word = words.popFirst() else { return nil }
        guard word.hasPrefix("--"), word.count > 2 else { return .positional(word) }
        guard let equals = word.firstIndex(of: "=") else { return .option(word, inlineValue: nil) }
        return .option(String(word[..<equals]), inlineValue: String(word[word.index(after: equals)...]))
    }

    /// The value of the option that was read last.
    mutating func value(of option: String, inline: String?, expected: String) throws(CommandError) -> String {
        if let inline { return inline }
        guard let value = words.popFirst() else { throw .usage("expected \(expected) after \(option)") }
        return value
    }
}
