import EngineIOTransport

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

    /// - Parameter host: without the brackets of an IPv6 literal.
    package init(host: String, port: Int) {
        scheme = "http"
        self.host = host
        self.port = port
    }

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
    package var authority: String { HostAndPort.authority(host, port, defaultPort: 80) }
}
