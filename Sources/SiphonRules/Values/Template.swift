import LosslessJSON

/// What stands between `{{` and `}}`.
enum Template: Hashable, Sendable {
    /// A value of the event itself: its name, or a place in its arguments.
    case place(EventPlace)
    case namespace
    /// The id of the connection, such as `c7`.
    case connection
    /// How many times the rule has acted with this one: 1, 2, 3 and on.
    case counter
    /// A random one (RFC 9562, version 4).
    case uuid
    /// The time at which the event came, as the API writes times.
    case now

    static let words: [(word: String, template: Template)] = [
        ("namespace", .namespace), ("connection", .connection), ("counter", .counter), ("uuid", .uuid), ("now", .now),
    ]

    /// Nil for what is no template; a path that is none throws.
    init(parsing text: String) throws(JSONPathError) {
        if let known = Self.words.first(where: { $0.word == text }) {
            self = known.template
            return
        }
        guard let place = try EventPlace(parsing: text) else {
            let words = Self.words.map(\.word) + ["name"]
            let expected = "expected a path such as args[0].room, \(words.joined(separator: ", "))"
            throw JSONPathError(
                column: 1, message: "unknown \(text)\(Suggestion.text(for: text, among: words)); \(expected)")
        }
        self = .place(place)
    }
}
