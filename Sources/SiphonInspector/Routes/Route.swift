/// One method on one path, and what answers it.
struct Route: Sendable {
    typealias Handler =
        @Sendable (InspectorRequest, RouteCaptures, InspectorServices) async throws(InspectorError) -> InspectorResponse

    /// What the body of a request must be.
    enum BodyRule: Sendable {
        case none
        case json
    }

    let method: String
    /// The path; `*` stands for one segment and captures it.
    let pattern: String
    let body: BodyRule
    let handler: Handler
    private let segments: [Substring]

    init(_ method: String, _ pattern: String, body: BodyRule = .none, _ handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.body = body
        self.handler = handler
        segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
    }

    /// What the stars stand for; nil where the path is another.
    func captures(in path: Substring) -> RouteCaptures? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return nil }
        var captures: [Substring] = []
        for (part, segment) in zip(parts, segments) {
            guard segment == "*" else {
                guard part == segment else { return nil }
                continue
            }
            guard !part.isEmpty else { return nil }
            captures.append(part)
        }
        return RouteCaptures(values: captures)
    }
}
