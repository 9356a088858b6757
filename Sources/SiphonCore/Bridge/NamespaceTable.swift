/// The namespaces of one connection that the client asked for and that neither side has left.
struct NamespaceTable {
    private enum State {
        case joining
        case joined(sid: String?)
    }

    /// Longest name and longest id that are kept, in bytes: together with the number of namespaces it bounds the table.
    static let textBytesLimit = 1024

    private let limit: Int
    private var states: [String: State] = [:]

    init(limit: Int) { self.limit = limit }

    mutating func join(_ name: String) {
        guard states[name] == nil, hasRoom(for: name) else { return }
        states[name] = .joining
    }

    /// The upstream's answer to a connect. It may come unasked for: some servers answer late or twice.
    mutating func accept(_ name: String, sid: String?) {
        guard states[name] != nil || hasRoom(for: name) else { return }
        states[name] = .joined(sid: sid.flatMap { $0.utf8.count <= Self.textBytesLimit ? $0 : nil })
    }

    private func hasRoom(for name: String) -> Bool {
        states.count < limit && name.utf8.count <= Self.textBytesLimit
    }

    mutating func leave(_ name: String) { states[name] = nil }

    /// Whether the client has asked for the namespace and neither side has left it.
    func isKnown(_ name: String) -> Bool { states[name] != nil }

    func isJoined(_ name: String) -> Bool {
        if case .joined = states[name] { true } else { false }
    }

    var list: [ConnectionSnapshot.Namespace] {
        states.keys.sorted().map { name in
            guard case .joined(let sid) = states[name] else { return .init(name: name, sid: nil) }
            return .init(name: name, sid: sid)
        }
    }
}
