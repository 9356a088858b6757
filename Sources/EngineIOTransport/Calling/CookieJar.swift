package import NIOHTTP1

/// The cookies of one upstream session: those the client came with, and what the upstream set since. Load balancers
/// route by them, so they go with every later request.
package struct CookieJar: Sendable {
    /// Most cookies that are kept; past it, new names are not.
    package static let limit = 200

    private var cookies: [(name: String, value: String)] = []

    package init(clientHeaders: HTTPHeaders) {
        for line in clientHeaders["cookie"] {
            for pair in line.split(separator: ";") { store(pair) }
        }
    }

    /// Takes the `Set-Cookie` fields of an upstream response.
    package mutating func update(_ headers: HTTPHeaders) {
        for line in headers["set-cookie"] {
            if let pair = line.split(separator: ";", maxSplits: 1).first { store(pair) }
        }
    }

    /// The value of the `Cookie` field; nil for none.
    package var header: String? {
        cookies.isEmpty ? nil : cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }

    private mutating func store(_ pair: Substring) {
        guard let equals = pair.firstIndex(of: "=") else { return }
        let name = String(pair[..<equals].drop { $0 == " " })
        let value = String(pair[pair.index(after: equals)...])
        if let index = cookies.firstIndex(where: { $0.name == name }) {
            cookies[index].value = value
        } else if cookies.count < Self.limit {
            cookies.append((name, value))
        }
    }
}
