/// One method on one path, and what answers it.
struct Route: Sendable {
    typealias Handler =
        @Sendable (InspectorRequest, RouteCaptures, InspectorServices) async throws(InspectorError) -> InspectorResponse

    /// What the body of a request must be.
    enum BodyRule: Sendable {
        case none
        case json
        /// None, or an empty map: for what takes no words.
        case emptyJSON
    }

    let method: String
    /// The path; a segment that ends with `*` stands for one that begins alike, and captures it: `*` for any, `e*` for
    /// an id such as `e42`.
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
            guard segment.last == "*" else {
                guard part == segment else { return nil }
                continue
            }
            guard Self.stands(segment.dropLast(), for: part) else { return nil }
            captures.append(part)
        }
        return RouteCaptures(values: captures)
    }

    /// Whether `part` is what `prefix*` stands for. Ids are their letter and digits, so that a word which will once be
    /// a path of its own finds nothing until then.
    private static func stands(_ prefix: Substring, for part: Substring) -> Bool {
        guard !prefix.isEmpty else { return !part.isEmpty }
        let digits = part.dropFirst(prefix.count)
        return part.hasPrefix(prefix) && !digits.isEmpty && digits.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
