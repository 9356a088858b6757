/// `host:port` as options and URLs write it.
package enum HostAndPort {
    /// Nil for no host or a port outside 0 to 65535. Brackets of an IPv6 literal are taken off.
    package static func split(_ text: some StringProtocol, defaultPort: Int? = nil) -> (host: String, port: Int)? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.first == ":", let port = port(rest.dropFirst(), defaultPort) else { return nil }
            return (String(text[text.index(after: text.startIndex)..<end]), port)
        }
        guard let colon = text.lastIndex(of: ":") else {
            guard !text.isEmpty, let defaultPort else { return nil }
            return (String(text), defaultPort)
        }
        let host = text[..<colon]
        guard !host.isEmpty, !host.contains(":"), let port = port(text[text.index(after: colon)...], nil) else {
            return nil
        }
        return (String(host), port)
    }

    /// As the `Host` header has it: brackets round an IPv6 literal, and no port where it is `defaultPort`.
    package static func authority(_ host: String, _ port: Int, defaultPort: Int? = nil) -> String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == defaultPort ? host : "\(host):\(port)"
    }

    private static func port(_ text: some StringProtocol, _ defaultPort: Int?) -> Int? {
        guard !text.isEmpty else { return defaultPort }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), port <= 65535 else {
            return nil
        }
        return port
    }
}
