package import LosslessJSON

/// A place in an event that a rule reads or changes.
package enum EventPlace: Hashable, Sendable {
    /// The name of an event.
    case name
    /// `args[index]` and on from there: for event and ack the list without the name, for connect and connect_error the
    /// payload as `args[0]`.
    case argument(Int, JSONPath)
    /// `ack.args[index]` and on from there, in acks alone.
    case ackArgument(Int, JSONPath)

    /// Nil for a path to somewhere else.
    package init?(parsing text: String) throws(JSONPathError) {
        let elements = try JSONPath(parsing: text).elements
        switch (elements.first, elements.dropFirst().first, elements.dropFirst(2).first) {
        case (.key("name"), nil, nil): self = .name
        case (.key("args"), .index(let index), _): self = .argument(index, JSONPath(Array(elements.dropFirst(2))))
        case (.key("ack"), .key("args"), .index(let index)):
            self = .ackArgument(index, JSONPath(Array(elements.dropFirst(3))))
        default: return nil
        }
    }

    /// The keys on the way there.
    var keys: [String] {
        switch self {
        case .name: []
        case .argument(_, let rest), .ackArgument(_, let rest):
            rest.elements.compactMap { if case .key(let key) = $0 { key } else { nil } }
        }
    }

    package var text: String {
        switch self {
        case .name: "name"
        case .argument(let index, let rest): JSONPath([.key("args"), .index(index)] + rest.elements).text
        case .ackArgument(let index, let rest):
            JSONPath([.key("ack"), .key("args"), .index(index)] + rest.elements).text
        }
    }
}
