package import LosslessJSON

/// What a rule does to an event.
package enum Action: Hashable, Sendable {
    /// The event goes nowhere. With `answer`, the arguments of an ack, a sender that wants an ack gets that one.
    case drop(answer: [JSONValue]?)
    /// Values are put into the event, in order.
    case set([Assignment])

    package static let drop = Action.drop(answer: nil)

    package var json: JSONValue {
        switch self {
        case .drop(nil): "drop"
        case .drop(let answer?): ["drop": ["ack": .array(answer)]]
        case .set(let assignments):
            ["set": .object(assignments.map { JSONMember(JSONString($0.target.text), $0.value) })]
        }
    }
}

/// One `path: value` of `set`.
package struct Assignment: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// The name of an event.
        case name
        /// `args[index]` and on from there: for event and ack the list without the name, for connect and
        /// connect_error the payload as `args[0]`.
        case argument(Int, JSONPath)
        /// `ack.args[index]` and on from there, in acks alone.
        case ackArgument(Int, JSONPath)

        package var text: String {
            switch self {
            case .name: "name"
            case .argument(let index, let rest): JSONPath([.key("args"), .index(index)] + rest.elements).text
            case .ackArgument(let index, let rest):
                JSONPath([.key("ack"), .key("args"), .index(index)] + rest.elements).text
            }
        }
    }

    package let target: Target
    package let value: JSONValue

    package init(_ target: Target, _ value: JSONValue) {
        self.target = target
        self.value = value
    }
}
