/// Where the upstream is: `http://host:port` or `ws://host:port`.
package struct UpstreamURL: Hashable, Sendable, CustomStringConvertible {
    package struct Invalid: Error, Equatable, Sendable {
        /// What was expected, as the rest of a sentence.
        package let expected: String
    }

    /// `http` for `ws` too.
    package let scheme: String
    /// Without the brackets of an IPv6 literal.
    package let host: String
    package let port: Int

    /// Reads a URL without path, query, fragment and user.
    package init(parsing text: String) throws(Invalid) {
        guard let separator = text.firstRange(of: "://") else {
            throw Invalid(expected: "an upstream URL such as http://localhost:3000, not “\(text)”")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "http", "ws": scheme = "http"
        case "https", "wss": throw Invalid(expected: "an http or ws upstream; https and wss are not built yet")
        case let other: throw Invalid(expected: "an http or ws upstream, not “\(other)”")
        }
        var authority = text[separator.upperBound...]
        if authority.last == "/" { authority = authority.dropLast() }
        guard !authority.contains(where: { "/?#".contains($0) }) else {
            throw Invalid(expected: "an upstream URL without path and query; --path sets the Socket.IO path")
        }
        guard !authority.contains("@") else { throw Invalid(expected: "an upstream URL without user and password") }
        guard let (host, port) = HostAndPort.split(authority, defaultPort: 80) else {
            throw Invalid(expected: "a host and a port from 1 to 65535 in the upstream URL, not “\(authority)”")
        }
        guard port > 0 else { throw Invalid(expected: "an upstream port from 1 to 65535") }
        self.host = host
        self.port = port
    }

    package var description: String { "\(scheme)://\(authority)" }

    /// For the `Host` header: without the port where it is the scheme's own.
    package var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? host : "\(host):\(port)"
    }
}

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

    private static func port(_ text: some StringProtocol, _ defaultPort: Int?) -> Int? {
        guard !text.isEmpty else { return defaultPort }
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = Int(text), port <= 65535 else {
            return nil
        }
        return port
    }
}
