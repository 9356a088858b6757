import EngineIOCore
import EngineIOTransport
import Logging
import SiphonInspector
import SiphonProxy

/// The options of `siphon [proxy] <upstream-url>` and `siphon demo`.
struct ProxyOptions {
    static let loopbackHosts: Set<String> = ["127.0.0.1", "::1", "localhost"]

    var proxy: ProxyConfiguration
    /// Nil for `--no-inspector`.
    var inspector: (host: String, port: Int)? = (host: "127.0.0.1", port: 4001)
    var token: String?
    var rulesPath: String?
    var memoryBytes = 64 << 20
    var logLevel = Logger.Level.notice

    /// Of `siphon [proxy] <upstream-url>`.
    init(parsing words: ArraySlice<String>) throws(CommandError) {
        let (upstream, options) = try Self.read(words)
        guard let upstream else { throw .usage("expected an upstream URL such as http://localhost:3000") }
        try self.init(upstream: upstream, options)
    }

    /// Of `siphon demo`, whose upstream is its own and known once it runs.
    init(ofDemo words: ArraySlice<String>) throws(CommandError) {
        let (upstream, options) = try Self.read(words)
        guard upstream == nil else { throw .usage("the demo brings its own upstream: expected options alone") }
        guard !options.contains(where: { $0.name == "--path" }) else {
            throw .usage("the demo's app is at /socket.io/: expected no --path")
        }
        try self.init(upstream: UpstreamURL(host: "127.0.0.1", port: 1), options)
    }

    private init(upstream: UpstreamURL, _ options: [(name: String, value: String?)]) throws(CommandError) {
        proxy = ProxyConfiguration(upstream: upstream)
        for option in options { try apply(option.name, option.value ?? "") }
        try check()
    }

    private static func read(
        _ words: ArraySlice<String>
    ) throws(CommandError) -> (UpstreamURL?, [(name: String, value: String?)]) {
        var reader = OptionReader(words)
        var upstream: UpstreamURL?
        var options: [(name: String, value: String?)] = []
        while let word = reader.next() {
            switch word {
            case .positional(let text):
                guard upstream == nil else { throw .usage("expected one upstream URL, “\(text)” is a second one") }
                upstream = try Self.upstream(text)
            case .option(let name, let inline):
                guard let known = Self.known[name] else { throw .usage(Self.unknown(name)) }
                guard let expected = known else {
                    guard inline == nil else { throw .usage("\(name) takes no value") }
                    options.append((name, nil))
                    continue
                }
                options.append((name, try reader.value(of: name, inline: inline, expected: expected)))
            }
        }
        return (upstream, options)
    }

    static let tokenForm = "a token of 16 to 256 letters, digits, and characters of - . _ ~"

    /// Each option with what it expects; nil for a flag.
    private static let known: [String: String?] = [
        "--listen": "an address such as 127.0.0.1:4000",
        "--inspector": "an address such as 127.0.0.1:4001",
        "--no-inspector": nil,
        "--token": tokenForm,
        "--rules": "the path of a rule file",
        "--memory": "a size such as 64MiB, at least 1MiB,",
        "--upstream-transport": "mirror, websocket or polling",
        "--path": "a path such as /socket.io/",
        "--strict": nil,
        "--preserve-host": nil,
        "--forwarded": nil,
        "--threads": "a number from 1 to 64",
        "--log-level": "trace, debug, info, notice, warning, error or critical",
    ]

    private static func unknown(_ name: String) -> String {
        let near = known.keys.sorted().first { $0.hasPrefix(name) || name.hasPrefix($0) }
        return "unknown option \(name)" + (near.map { "; did you mean \($0)?" } ?? "; `siphon --help` lists them")
    }

    private static func upstream(_ text: String) throws(CommandError) -> UpstreamURL {
        do throws(UpstreamURL.Invalid) { return try UpstreamURL(parsing: text) } catch {
            throw .usage("expected \(error.expected)")
        }
    }

    private mutating func apply(_ name: String, _ value: String) throws(CommandError) {
        func expected() -> CommandError {
            .usage("expected \((Self.known[name] ?? nil) ?? "") after \(name), not “\(value)”")
        }
        switch name {
        case "--listen":
            guard let address = HostAndPort.split(value) else { throw expected() }
            (proxy.listenHost, proxy.listenPort) = address
        case "--inspector":
            guard let address = HostAndPort.split(value) else { throw expected() }
            inspector = address
        case "--no-inspector": inspector = nil
        case "--token":
            guard AccessToken(value) != nil else {
                throw .usage("expected \(Self.tokenForm) after --token")
            }
            token = value
        case "--rules": rulesPath = value
        case "--memory":
            guard let bytes = ByteSize.parse(value), bytes >= 1 << 20 else { throw expected() }
            memoryBytes = bytes
        case "--upstream-transport":
            guard let transport = Self.transport(value) else { throw expected() }
            proxy.upstreamTransport = transport
        case "--path":
            guard let path = Self.path(value) else { throw expected() }
            proxy.path = path
        case "--strict": proxy.isStrict = true
        case "--preserve-host": proxy.preservesHost = true
        case "--forwarded": proxy.addsForwarded = true
        case "--threads":
            guard let threads = Int(value), (1...64).contains(threads) else { throw expected() }
            proxy.threads = threads
        case "--log-level":
            guard let level = Logger.Level(rawValue: value) else { throw expected() }
            logLevel = level
        default: preconditionFailure("an option that is listed as known and that nobody reads: \(name)")
        }
    }

    private static func transport(_ value: String) -> ProxyConfiguration.UpstreamTransport? {
        value == "mirror" ? .mirror : EngineTransport(rawValue: value).map { .always($0) }
    }

    /// With a slash at both ends; nil where it could not stand in a request line.
    private static func path(_ value: String) -> String? {
        let isPlain = value.utf8.allSatisfy {
            (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
        }
        guard value.hasPrefix("/"), isPlain else { return nil }
        return value.hasSuffix("/") ? value : value + "/"
    }

    private func check() throws(CommandError) {
        if let inspector, !Self.loopbackHosts.contains(inspector.host), token == nil {
            throw .usage("an inspector on \(inspector.host) can be reached by others: expected --token with it")
        }
    }
}
