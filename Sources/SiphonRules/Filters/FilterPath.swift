import LosslessJSON

/// Where in an event a filter looks: `name`, `args[0].a["b.c"][*].d`, `ack.args[0]`.
package struct FilterPath: Hashable, Sendable {
    enum Root: Hashable, Sendable {
        case name
        case arguments
        case acknowledgement

        var text: String {
            switch self {
            case .name: "name"
            case .arguments: "args"
            case .acknowledgement: "ack.args"
            }
        }
    }

    let root: Root
    /// From the list on: the first is an index or `[*]`. Empty for the name.
    let elements: [JSONPathPattern.Element]

    static let expected = "a path such as args[0].room, args[*].id, name or ack.args[0]"

    init(parsing text: String) throws(JSONPathError) {
        let path = try JSONPathPattern(parsing: text).elements
        switch path.first {
        case .key(Self.name):
            root = .name
            elements = []
            guard path.count == 1 else { throw Self.fault(behind: "name", "nothing lies within the name") }
        case .key(Self.arguments):
            root = .arguments
            elements = Array(path.dropFirst())
            guard Self.startsInList(elements) else { throw Self.fault(behind: "args", "args is a list") }
        case .key(Self.ack):
            root = .acknowledgement
            elements = Array(path.dropFirst(2))
            guard path.count > 1, path[1] == .key(Self.arguments) else {
                throw Self.fault(behind: "ack", "an ack has nothing but args")
            }
            guard Self.startsInList(elements) else { throw Self.fault(behind: "ack.args", "ack.args is a list") }
        default: throw JSONPathError(column: 1, message: "no path begins like this")
        }
    }

    private static let name = Array("name".utf8)
    private static let arguments = Array("args".utf8)
    private static let ack = Array("ack".utf8)

    private static func startsInList(_ elements: [JSONPathPattern.Element]) -> Bool {
        switch elements.first {
        case .index, .each: true
        case .key, nil: false
        }
    }

    private static func fault(behind start: String, _ message: String) -> JSONPathError {
        JSONPathError(column: start.count + 1, message: message)
    }

    var text: String { root.text + JSONPathPattern(elements).text }
}
