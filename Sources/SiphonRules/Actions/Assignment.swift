package import LosslessJSON

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
