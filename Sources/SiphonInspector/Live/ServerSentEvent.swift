import SiphonCore

/// The text of Server-Sent Events (WHATWG HTML, 9.2).
enum ServerSentEvent {
    /// A browser that lost the stream comes back after two seconds.
    static let opening = Array(": siphon\nretry: 2000\n\n".utf8)
    static let comment = Array(": alive\n\n".utf8)

    /// - Parameter json: one JSON value. A line break between its tokens, as a peer may have put there, would end the
    ///   event early, and becomes a space.
    static func text(event: String, id: EventID? = nil, json: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(json.count + 64)
        if let id { text.append(contentsOf: "id: \(id)\n".utf8) }
        text.append(contentsOf: "event: \(event)\ndata: ".utf8)
        text.append(contentsOf: json.lazy.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 })
        text.append(contentsOf: "\n\n".utf8)
        return text
    }
}
