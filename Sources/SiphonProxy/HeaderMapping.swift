import NIOHTTP1

/// Which header fields cross the proxy, and how (RFC 9110, section 7.6.1; Engine.IO per hop).
struct HeaderMapping: Sendable {
    let upstreamAuthority: String
    let upstreamOrigin: String
    let upstreamHost: String
    let preservesHost: Bool
    let addsForwarded: Bool

    init(configuration: ProxyConfiguration) {
        upstreamAuthority = configuration.upstream.authority
        upstreamOrigin = configuration.upstream.description
        upstreamHost = configuration.upstream.host.lowercased()
        preservesHost = configuration.preservesHost
        addsForwarded = configuration.addsForwarded
    }

    /// For a request that passes as it is. Its own framing stays; `Connection` and what it names go.
    func passingRequest(_ headers: HTTPHeaders, clientAddress: String) -> HTTPHeaders {
        var mapped = withoutHopFields(headers, keeping: ["transfer-encoding", "te", "trailer"])
        address(&mapped, from: headers, clientAddress: clientAddress)
        return mapped
    }

    /// For the requests of an Engine.IO hop: what the app may look at, without what belongs to the client's hop.
    func engineRequest(_ headers: HTTPHeaders, clientAddress: String) -> HTTPHeaders {
        var mapped = withoutHopFields(headers)
        for name in Self.engineHopFields { mapped.remove(name: name) }
        address(&mapped, from: headers, clientAddress: clientAddress)
        return mapped
    }

    /// For a response that passes as it is.
    func passingResponse(_ headers: HTTPHeaders, proxyOrigin: String) -> HTTPHeaders {
        var mapped = withoutHopFields(headers, keeping: ["transfer-encoding", "trailer"])
        if let location = mapped.first(name: "location"), Self.isOf(upstreamOrigin, location) {
            mapped.replaceOrAdd(name: "Location", value: proxyOrigin + location.dropFirst(upstreamOrigin.count))
        }
        replaceCookies(&mapped)
        return mapped
    }

    /// What the upstream's handshake response says to the client's app, for the client's handshake response.
    func handshakeResponse(_ headers: HTTPHeaders) -> HTTPHeaders {
        var mapped = withoutHopFields(headers)
        for name in Self.responseHopFields { mapped.remove(name: name) }
        replaceCookies(&mapped)
        return mapped
    }

    /// What every response of the session has to carry for the browser.
    func sessionResponse(_ headers: HTTPHeaders) -> HTTPHeaders {
        HTTPHeaders(
            headers.filter { $0.name.lowercased().hasPrefix("access-control-") || $0.name.lowercased() == "vary" })
    }

    // MARK: Parts

    private func replaceCookies(_ mapped: inout HTTPHeaders) {
        guard mapped.contains(name: "set-cookie") else { return }
        mapped = HTTPHeaders(
            mapped.map { ($0.name, $0.name.lowercased() == "set-cookie" ? cookie($0.value) : $0.value) })
    }

    /// A cookie for the upstream's domain is one for the proxy, whatever the proxy is called.
    func cookie(_ value: String) -> String {
        let parts = value.split(separator: ";", omittingEmptySubsequences: false)
        let kept = parts.enumerated().filter { index, part in index == 0 || !namesUpstreamDomain(part) }
        return kept.count == parts.count ? value : kept.map(\.element).joined(separator: ";")
    }

    private func namesUpstreamDomain(_ attribute: Substring) -> Bool {
        let pair = attribute.split(separator: "=", maxSplits: 1)
        guard pair.count == 2 else { return false }
        let name = pair[0].drop { $0 == " " }.lowercased()
        let domain = pair[1].drop { $0 == " " || $0 == "." }.lowercased()
        return name == "domain" && (upstreamHost == domain || upstreamHost.hasSuffix("." + domain))
    }

    private static let hopFields: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    private static let engineHopFields = [
        "content-length", "content-type", "accept-encoding", "expect", "if-none-match", "if-modified-since", "cookie",
        "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol",
        "sec-websocket-accept",
    ]

    private static let responseHopFields = [
        "content-length", "content-type", "content-encoding", "date", "cache-control", "sec-websocket-accept",
        "sec-websocket-extensions", "sec-websocket-protocol",
    ]

    private func withoutHopFields(_ headers: HTTPHeaders, keeping kept: Set<String> = []) -> HTTPHeaders {
        // `Connection` may not take away what the other side frames and routes by.
        let named = Set(headers[canonicalForm: "connection"].map { $0.lowercased() })
            .subtracting(["content-length", "host"])
        return HTTPHeaders(
            headers.filter { field in
                let name = field.name.lowercased()
                return kept.contains(name) || !(Self.hopFields.contains(name) || named.contains(name))
            })
    }

    private func address(_ mapped: inout HTTPHeaders, from headers: HTTPHeaders, clientAddress: String) {
        let host = headers.first(name: "host")
        if !preservesHost { mapped.replaceInPlace("Host", with: upstreamAuthority) }
        if let host {
            rewriteOrigin(&mapped, "Origin", of: host)
            rewriteOrigin(&mapped, "Referer", of: host)
        }
        guard addsForwarded else { return }
        let earlier = headers["x-forwarded-for"]
        mapped.replaceOrAdd(name: "X-Forwarded-For", value: (earlier + [clientAddress]).joined(separator: ", "))
        mapped.replaceOrAdd(name: "X-Forwarded-Proto", value: "http")
        if let host { mapped.replaceOrAdd(name: "X-Forwarded-Host", value: host) }
    }

    /// A page that came through the proxy names the proxy as its origin; the upstream knows only its own.
    private func rewriteOrigin(_ mapped: inout HTTPHeaders, _ name: String, of host: String) {
        guard !preservesHost, let value = mapped.first(name: name) else { return }
        let own = "http://\(host)"
        guard Self.isOf(own, value) else { return }
        mapped.replaceInPlace(name, with: upstreamOrigin + value.dropFirst(own.count))
    }

    private static func isOf(_ origin: String, _ url: String) -> Bool {
        url == origin || url.hasPrefix(origin + "/") || url.hasPrefix(origin + "?")
    }
}

extension HTTPHeaders {
    /// Gives a field another value where it stands; one that is not there comes first, as `Host` should.
    fileprivate mutating func replaceInPlace(_ name: String, with value: String) {
        guard contains(name: name) else {
            return self = HTTPHeaders([(name, value)] + map { ($0.name, $0.value) })
        }
        self = HTTPHeaders(map { $0.name.lowercased() == name.lowercased() ? ($0.name, value) : ($0.name, $0.value) })
    }
}
