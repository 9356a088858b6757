import NIOHTTP1

/// The fields that the upstream's responses gave for the client's.
struct SessionHeaders {
    /// Most `Set-Cookie` fields that wait for the client's next response; past it the oldest go.
    static let cookiesLimit = 50

    /// On every response: what a browser has to see on each.
    private(set) var each: HTTPHeaders = [:]
    private var first: HTTPHeaders?
    private var cookies: [String] = []

    mutating func begin(_ headers: HTTPHeaders, mapping: HeaderMapping) {
        each = mapping.sessionResponse(headers)
        first = mapping.handshakeResponse(headers)
    }

    /// Keeps what a later response of the upstream's sets, for the client's next.
    mutating func add(cookies new: [String]) { cookies = (cookies + new).suffix(Self.cookiesLimit) }

    /// The handshake's fields once, then those that every response has; with them what was set meanwhile.
    mutating func next() -> HTTPHeaders {
        var headers = first ?? each
        first = nil
        for cookie in cookies { headers.add(name: "Set-Cookie", value: cookie) }
        cookies = []
        return headers
    }
}
