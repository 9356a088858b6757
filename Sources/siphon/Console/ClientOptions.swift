import SiphonRules
import SocketIOClient
import SocketIOCore

/// The words behind `siphon client`.
struct ClientOptions: Sendable {
    /// An event to emit at once.
    struct OneShot: Equatable, Sendable {
        var name: String
        var arguments: [SocketIOValue]
        /// Whether to wait for the ack and print it.
        var wantsAck: Bool
    }

    var url = ""
    var namespaces: [String] = []
    var auth: SocketIOValue?
    var transports: [Transport] = []
    var path = "/socket.io/"
    var headers: [String: String] = [:]
    var isInsecure = false
    var trustFile: String?
    var proxy: String?
    /// Nil for a conversation.
    var oneShot: OneShot?
    var asJSON = false
    var listens = false
    /// How long connecting may take, and each ack.
    var timeout = Duration.seconds(10)

    /// - Parameter words: those behind `client`. `--` makes those behind it arguments of `--emit`, whatever they are.
    init(parsing words: ArraySlice<String>) throws(CommandError) {
        let end = words.firstIndex(of: "--") ?? words.endIndex
        var reader = OptionReader(words[..<end])
        var (positionals, event, wantsAck) = ([String](), String?.none, false)
        while let word = reader.next() {
            switch word {
            case .positional(let text): positionals.append(text)
            case .option(let name, let inline):
                guard let known = Self.known[name] else {
                    throw .usage("client takes no \(name); `siphon help client` lists what it takes")
                }
                guard let expected = known else {
                    guard inline == nil else { throw .usage("\(name) takes no value") }
                    if name == "--ack" { wantsAck = true } else { apply(flag: name) }
                    continue
                }
                let value = try reader.value(of: name, inline: inline, expected: expected)
                if name == "--emit" { event = value } else { try apply(name, value) }
            }
        }
        positionals += words[end...].dropFirst()
        guard let url = positionals.first else {
            throw .usage("expected the URL of a server, such as http://localhost:3000, after client")
        }
        self.url = try Self.url(url)
        try finish(event, positionals.dropFirst(), wantsAck: wantsAck)
    }

    private mutating func finish(
        _ event: String?, _ arguments: ArraySlice<String>, wantsAck: Bool
    ) throws(CommandError) {
        if namespaces.isEmpty { namespaces = ["/"] }
        guard let event else {
            if let word = arguments.first {
                throw .usage("expected one URL, “\(word)” is a second word; an event to emit stands behind --emit")
            }
            guard !wantsAck else { throw .usage("--ack waits for the ack of --emit EVENT, and there is none") }
            return
        }
        guard !event.isEmpty else { throw .usage("expected \(Self.known["--emit"].flatMap { $0 } ?? "") after --emit") }
        var values: [SocketIOValue] = []
        for word in arguments { values.append(try Self.argument(word)) }
        oneShot = OneShot(name: event, arguments: values, wantsAck: wantsAck)
    }

    /// Each option with what it expects; nil for a flag.
    private static let known: [String: String?] = [
        "--namespace": "a namespace such as /chat",
        "--auth": "JSON, or @ and the path of a file of JSON,",
        "--transport": "polling or websocket",
        "--path": "a path such as /socket.io/",
        "--header": "a header field such as \"Name: value\"",
        "--insecure": nil,
        "--trust": "the path of a file with certificates in PEM",
        "--proxy": "the URL of an HTTP proxy, such as http://localhost:8080,",
        "--emit": "the name of an event",
        "--ack": nil,
        "--json": nil,
        "--listen": nil,
        "--timeout": "a number of seconds, from 0.001 to 86400,",
    ]

    private mutating func apply(flag name: String) {
        switch name {
        case "--insecure": isInsecure = true
        case "--json": asJSON = true
        case "--listen": listens = true
        default: preconditionFailure("an option that is listed as known and that nobody reads: \(name)")
        }
    }

    private mutating func apply(_ name: String, _ value: String) throws(CommandError) {
        func expected() -> CommandError {
            .usage("expected \((Self.known[name] ?? nil) ?? "") after \(name), not “\(value)”")
        }
        switch name {
        case "--namespace":
            guard let namespace = NamespaceName.parsed(value) else { throw expected() }
            if !namespaces.contains(namespace) { namespaces.append(namespace) }
        case "--auth": auth = try Self.auth(value)
        case "--transport":
            guard let transport = Transport(rawValue: value) else { throw expected() }
            if !transports.contains(transport) { transports.append(transport) }
        case "--path":
            guard value.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !value.contains(where: { "?#".contains($0) })
            else { throw expected() }
            path = value
        case "--header":
            guard let colon = value.firstIndex(of: ":"), colon > value.startIndex else { throw expected() }
            let text = value[value.index(after: colon)...].drop { $0 == " " }
            headers[String(value[..<colon])] = String(text)
        case "--trust": trustFile = value
        case "--proxy": proxy = value
        case "--timeout":
            guard let seconds = Double(value), (0.001...86_400).contains(seconds) else { throw expected() }
            timeout = .milliseconds(Int64((seconds * 1000).rounded()))
        default: preconditionFailure("an option that is listed as known and that nobody reads: \(name)")
        }
    }

    /// With the scheme that users leave out.
    private static func url(_ text: String) throws(CommandError) -> String {
        let url = text.contains("://") ? text : "http://" + text
        let scheme = url.prefix { $0 != ":" }
        let rest = url.dropFirst(scheme.count + 3)
        guard ["http", "https", "ws", "wss"].contains(scheme.lowercased()), !rest.isEmpty else {
            throw .usage("expected the URL of a server, such as http://localhost:3000, not “\(text)”")
        }
        let path = rest.prefix { $0 != "?" }.drop { $0 != "/" }
        guard path.isEmpty || path == "/" else {
            throw .usage(
                "expected a URL without a path: --namespace \(path) joins a namespace, --path \(path) is where "
                    + "Socket.IO listens")
        }
        return url
    }

    private static func auth(_ value: String) throws(CommandError) -> SocketIOValue {
        var text = value
        if value.hasPrefix("@") {
            let path = String(value.dropFirst())
            do { text = String(decoding: try InputFile.read(path), as: UTF8.self) } catch {
                throw .failure("\(path) \(error.message)")
            }
        }
        do { return try SocketIOValue(json: text) } catch {
            throw .usage("expected \((known["--auth"] ?? nil) ?? "") after --auth: \(error.message)")
        }
    }

    /// What is no JSON is a string, but for what was meant to be JSON.
    private static func argument(_ word: String) throws(CommandError) -> SocketIOValue {
        do throws(SocketIOClientError) { return try SocketIOValue(json: word) } catch {
            guard let first = word.first, "{[\"".contains(first) else { return .string(word) }
            throw .usage("expected JSON, “\(word)” is none: \(error.message)")
        }
    }
}
