import EngineIOTransport
import SiphonInspector
import SiphonProxy

/// Where the REST API of a running Siphon is.
struct InspectorAddress: Equatable {
    /// Brackets of an IPv6 literal are taken off.
    var host: String
    var port: Int
    var token: String?

    static let expected = "the URL that Siphon printed, such as http://127.0.0.1:4001/?token=…"

    static let standard = InspectorAddress(host: "127.0.0.1", port: 4001)

    init(host: String, port: Int, token: String? = nil) {
        self.host = host
        self.port = port
        self.token = token
    }

    /// The URL that is printed at the start, with or without the token, or `host:port`; nil for anything else.
    init?(_ text: String) {
        var rest = text[...]
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else { return nil }
            rest = rest[scheme.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard let (host, port) = HostAndPort.split(authority), port > 0, host.utf8.allSatisfy(Self.isHostCharacter)
        else { return nil }
        rest = rest.dropFirst(authority.count)
        if rest.first == "/" { rest = rest.dropFirst() }
        guard !rest.isEmpty else {
            self.init(host: host, port: port)
            return
        }
        guard rest.hasPrefix("?token="), let token = AccessToken(String(rest.dropFirst("?token=".count))) else {
            return nil
        }
        self.init(host: host, port: port, token: token.text)
    }

    /// What may stand in a `Host` field.
    private static func isHostCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    var authority: String { ProxyCommand.authority(host, port) }

    /// Without the token, for whoever may see it.
    var url: String { "http://\(authority)" }

    // MARK: From the command line

    /// What the options and the environment say: `--inspector` before `SIPHON_INSPECTOR`, `--token` before the token in
    /// that URL before `SIPHON_TOKEN`.
    init(url: String?, token: String?, environment: [String: String]) throws(CommandError) {
        self = .standard
        if let url {
            guard let address = InspectorAddress(url) else {
                throw .usage("expected \(Self.expected) after --inspector")
            }
            self = address
        } else if let url = Self.value("SIPHON_INSPECTOR", environment) {
            guard let address = InspectorAddress(url) else {
                throw .usage("expected \(Self.expected) in SIPHON_INSPECTOR")
            }
            self = address
        }
        if let token {
            guard AccessToken(token) != nil else { throw .usage("expected \(ProxyOptions.tokenForm) after --token") }
            self.token = token
        } else if self.token == nil, let token = Self.value("SIPHON_TOKEN", environment) {
            guard AccessToken(token) != nil else { throw .usage("expected \(ProxyOptions.tokenForm) in SIPHON_TOKEN") }
            self.token = token
        }
    }

    /// A variable that is empty counts as not set.
    private static func value(_ name: String, _ environment: [String: String]) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
