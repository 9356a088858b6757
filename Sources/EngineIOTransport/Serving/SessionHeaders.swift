package import NIOHTTP1

/// The fields that the responses of one session carry besides those of the protocol.
package struct SessionHeaders {
    /// Most `Set-Cookie` fields that wait for the client's next response; past it the oldest go.
    package static let cookiesLimit = 50

    /// On every response: what a browser has to see on each.
    private(set) var each: HTTPHeaders = [:]
    private var first: HTTPHeaders?
    private var cookies: [String] = []

    package init() {}

    /// `first` goes with the response to the handshake, `each` with all others.
    package init(first: HTTPHeaders, each: HTTPHeaders) {
        self.first = first
        self.each = each
    }

    /// Keeps `Set-Cookie` values for the next response.
    package mutating func add(cookies new: [String]) { cookies = (cookies + new).suffix(Self.cookiesLimit) }

    /// The handshake's fields once, then those that every response has; with them what was set meanwhile.
    package mutating func next() -> HTTPHeaders {
        var headers = first ?? each
        first = nil
        for cookie in cookies { headers.add(name: "Set-Cookie", value: cookie) }
        cookies = []
        return headers
    }
}
