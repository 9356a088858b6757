/// Decides from the head alone whether a request may be heard. Everything that reaches a route has passed it.
///
/// The order matters: a foreign `Host` or origin is refused whether or not the token is there, so that neither DNS
/// rebinding nor another site in the user's browser learns anything, and a missing token is refused before the path is
/// looked at, so that a route cannot be found without it.
struct RequestGuard: Sendable {
    let token: AccessToken
    /// What `Host` may say, byte for byte. A fixed list: what a request says is never compared with itself.
    let authorities: Set<String>
    /// Two inspectors on one machine share a host and thereby cookies, hence the port.
    let cookieName: String

    init(token: AccessToken, urlHost: String, port: UInt16) {
        self.token = token
        let hosts = [urlHost, "127.0.0.1", "localhost", "[::1]"]
        authorities = Set(hosts.map { "\($0):\(port)" } + (port == 80 ? hosts : []))
        cookieName = "siphon_\(port)"
    }

    private enum Credential {
        case none
        case wrong
        /// In a header that no other site can make a browser send.
        case header
        case cookie
    }

    /// The answer that refuses the request, or lets its bearer in; nil where it may go on.
    func refusal(of request: InspectorRequest) -> InspectorResponse? {
        if let fault = MessageFraming.fault(in: request) { return InspectorError(.badRequest, fault).response }
        guard let host = request.value(of: "host"), authorities.contains(host) else {
            return InspectorError(.forbidden, "this Host is not one of the inspector's").response
        }
        guard isOriginOurs(request) else {
            return InspectorError(.forbidden, "requests from other sites are refused").response
        }
        switch credential(of: request) {
        case .header: return nil
        case .cookie:
            if let login = login(request) { return login }
            // A browser names the origin of each request that could change something; what names none is no browser's
            // and has no business with the cookie.
            guard request.isSafe || isKnownSameOrigin(request) else {
                return InspectorError(
                    .forbidden, "with the cookie, a request that changes something must name its origin"
                )
                .response
            }
            return nil
        case .none: return login(request) ?? unauthorized(request)
        case .wrong: return unauthorized(request)
        }
    }

    // MARK: Origin

    private func isOriginOurs(_ request: InspectorRequest) -> Bool {
        let origins = request.values(of: "origin")
        guard origins.count <= 1, origins.allSatisfy(isOurs) else { return false }
        if isVisit(request) { return true }
        let sites = request.values(of: "sec-fetch-site")
        guard sites.allSatisfy({ $0 == "same-origin" || ($0 == "none" && request.isSafe) }) else { return false }
        guard !request.isSafe, origins.isEmpty else { return true }
        return request.values(of: "referer").allSatisfy { referer in
            authorities.contains { referer.hasPrefix("http://\($0)/") }
        }
    }

    /// Whether somebody followed a link to the page from another port of this host, such as the demo's. It changes
    /// nothing, and what it brings no script of that other page can read, nor frame.
    private func isVisit(_ request: InspectorRequest) -> Bool {
        request.method == "GET" && request.target == "/" && request.values(of: "origin").isEmpty
            && request.values(of: "sec-fetch-site") == ["same-site"]
            && request.values(of: "sec-fetch-mode") == ["navigate"]
            && request.values(of: "sec-fetch-dest") == ["document"]
    }

    private func isKnownSameOrigin(_ request: InspectorRequest) -> Bool {
        request.value(of: "origin") != nil || request.value(of: "sec-fetch-site") == "same-origin"
    }

    private func isOurs(_ origin: String) -> Bool {
        guard origin.hasPrefix("http://") else { return false }
        return authorities.contains(String(origin.dropFirst("http://".count)))
    }

    // MARK: Token

    private func credential(of request: InspectorRequest) -> Credential {
        let fields = request.values(of: "authorization")
        if let field = fields.first {
            let scheme = "bearer "
            guard fields.count == 1, field.lowercased().hasPrefix(scheme) else { return .wrong }
            return token.matches(field.dropFirst(scheme.count)) ? .header : .wrong
        }
        let cookies = request.values(of: "cookie").flatMap { $0.split(separator: ";") }
            .map { $0.drop { $0 == " " } }
            .filter { $0.hasPrefix(cookieName + "=") }
            .map { $0.dropFirst(cookieName.utf8.count + 1) }
        guard !cookies.isEmpty else { return .none }
        return cookies.contains { token.matches($0) } ? .cookie : .none
    }

    /// `GET /?token=…`: sets the cookie and goes to a URL that does not hold the token. Nil for anything else.
    private func login(_ request: InspectorRequest) -> InspectorResponse? {
        guard request.method == "GET", request.path == "/", let query = request.rawQuery else { return nil }
        let tokens = query.split(separator: "&").filter { $0.hasPrefix("token=") }
        guard tokens.count == 1, token.matches(tokens[0].dropFirst("token=".count)) else { return nil }
        return InspectorResponse(
            status: 303,
            headers: [
                ("Location", "/"),
                ("Set-Cookie", "\(cookieName)=\(token.text); Path=/; HttpOnly; SameSite=Strict"),
            ])
    }

    private func unauthorized(_ request: InspectorRequest) -> InspectorResponse {
        let refusal = InspectorError(.unauthorized, "the token is missing or wrong").response
        guard request.path == "/", request.method == "GET" || request.method == "HEAD" else { return refusal }
        var page = refusal
        page.headers.removeAll { $0.name == "Content-Type" }
        page.headers.append(("Content-Type", "text/html; charset=utf-8"))
        page.body = .bytes(Array(Self.loginPage.utf8))
        return page
    }

    private static let loginPage = """
        <!doctype html>
        <html lang="en">
        <title>Siphon</title>
        <h1>Siphon</h1>
        <p>This inspector needs its token. Open the address that Siphon printed when it started: it begins with
        <code>inspector http://</code> and ends with <code>?token=…</code>.</p>
        </html>

        """
}
