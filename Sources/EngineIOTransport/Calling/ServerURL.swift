import Base64Coding

/// Where a server or a proxy is, as a user of the client library writes it: `https://example.com:3000/?token=x`.
package struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    package struct Invalid: Error, Equatable, Sendable {
        /// What should have been there: a sentence. It never repeats the URL, which may hold a password.
        package let expected: String
    }

    /// Whether the scheme is `https` or `wss`.
    package let isSecure: Bool
    /// In lower case, and without the brackets of an IPv6 literal.
    package let host: String
    package let port: Int
    /// As written: empty, or from its `/` on.
    package let path: String
    /// The app's query as written, without `?`; empty where there is none.
    package let query: String
    /// `user` or `user:password` as written, percent escapes and all.
    package let userInfo: String?

    /// Reads a URL of scheme http, https, ws or wss, in any case.
    ///
    /// - Parameter allowsPath: whether it may have a path other than `/`.
    /// - Throws: `Invalid` for anything else, for spaces and what is not ASCII, and for a fragment.
    package init(parsing text: String, allowsPath: Bool = true) throws(Invalid) {
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Invalid(expected: "A URL is written in ASCII without spaces: escape other characters with %.")
        }
        guard let separator = text.firstRange(of: "://") else {
            throw Invalid(expected: "A URL begins with its scheme, as in https://example.com or http://localhost:3000.")
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "http", "ws": isSecure = false
        case "https", "wss": isSecure = true
        default: throw Invalid(expected: "The scheme of a URL is http, https, ws or wss.")
        }
        let rest = text[separator.upperBound...]
        guard !rest.contains("#") else { throw Invalid(expected: "A server's URL has no fragment (#…).") }
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let target = rest[authority.endIndex...]
        path = String(target.prefix { $0 != "?" })
        query = String(target.dropFirst(path.count + 1))
        guard allowsPath || path.isEmpty || path == "/" else {
            throw Invalid(expected: "The URL has no path here, only scheme, host, port and query.")
        }
        let at = authority.lastIndex(of: "@")
        userInfo = at.map { String(authority[..<$0]) }
        let place = at.map { authority[authority.index(after: $0)...] } ?? authority
        guard let (host, port) = HostAndPort.split(place, defaultPort: Self.port(isSecure)), port > 0,
            Self.isHost(host, isBracketed: place.first == "[")
        else { throw Invalid(expected: "A URL has a host and, where it has a port, one from 1 to 65535.") }
        self.host = host.lowercased()
        self.port = port
    }

    private static func port(_ isSecure: Bool) -> Int { isSecure ? 443 : 80 }

    /// RFC 3986, 3.2.2, without its sub-delimiters and escapes, which no name in use has.
    private static func isHost(_ host: String, isBracketed: Bool) -> Bool {
        isBracketed ? IPLiteral.bytes(of: host)?.count == 16 : !host.isEmpty && host.utf8.allSatisfy(\.isUnreserved)
    }

    /// The value of `Authorization` or `Proxy-Authorization` for its user; nil for none.
    package var authorization: String? {
        userInfo.map { userInfo in
            // RFC 7617, 2: the colon is there even where no password is.
            let user = userInfo.contains(":") ? userInfo : userInfo + ":"
            return "Basic " + Base64.encode(EngineRequest.decode(user.utf8).utf8)
        }
    }

    /// For the `Host` header: without the port where it is the scheme's own.
    package var authority: String { HostAndPort.authority(host, port, defaultPort: Self.port(isSecure)) }

    /// For messages and logs: without the user, the path and the query, which may be secrets.
    package var description: String { (isSecure ? "https://" : "http://") + authority }
}
