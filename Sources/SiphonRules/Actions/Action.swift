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
