import Base64Coding
import LosslessJSON
import SiphonCore
import SiphonRules

/// Reads what a caller wants injected.
enum InjectionBody {
    static let keys: Set<String> = ["to", "namespace", "name", "args", "ack", "timeoutMilliseconds"]

    static let timeoutMilliseconds = 1...600_000
    static let namespaceBytesLimit = 1024
    /// `Limits.attachmentsPerPacket`: the proxy would not carry more.
    static let attachmentLimit = Limits().attachmentsPerPacket

    static func injection(from members: JSONMembers) throws(InspectorError) -> Injection {
        let to = try members.string("to")
        guard let side = Side(word: to) else { throw InspectorError(.invalid, "'to' must be client or upstream") }
        let namespace = try members.string("namespace", default: "/")
        guard namespace.hasPrefix("/"), namespace.utf8.count <= namespaceBytesLimit,
            namespace.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: ",") })
        else { throw InspectorError(.invalid, "'namespace' must start with a slash and have no comma") }
        let name = try members.string("name")
        guard !name.isEmpty else { throw InspectorError(.invalid, "'name' must not be empty") }
        guard !EventName.reserved.contains(name) else {
            throw InspectorError(.invalid, "'name' must not be \(name), which Socket.IO keeps for itself")
        }
        let timeout = try members.integer("timeoutMilliseconds", in: timeoutMilliseconds, default: 5000)
        var attachments: [[UInt8]] = []
        var arguments: [JSONValue] = []
        for (index, argument) in (try members.list("args", default: [])).enumerated() {
            arguments.append(try replacingBinary(in: argument, at: .argument(index), into: &attachments))
        }
        return Injection(
            to: side, namespace: namespace, name: name, arguments: arguments, attachments: attachments,
            wantsAck: try members.bool("ack", default: false), timeout: .milliseconds(timeout))
    }

    /// Puts placeholders for `{"$binary": "<base64>"}`, numbered depth first, as the protocol has it (Socket.IO v5,
    /// binary). The parser bounds the depth.
    private static func replacingBinary(
        in value: JSONValue, at place: ArgumentPlace, into attachments: inout [[UInt8]]
    ) throws(InspectorError) -> JSONValue {
        switch value {
        case .array(let elements):
            var replaced: [JSONValue] = []
            replaced.reserveCapacity(elements.count)
            for (index, element) in elements.enumerated() {
                replaced.append(try replacingBinary(in: element, at: .element(of: place, index), into: &attachments))
            }
            return .array(replaced)
        case .object(let members):
            if members.count == 1, members[0].key.value == "$binary" {
                return try placeholder(for: members[0].value, at: place, into: &attachments)
            }
            var replaced: [JSONMember] = []
            replaced.reserveCapacity(members.count)
            for member in members {
                let key = member.key.value
                guard key != "$binary" else {
                    throw InspectorError(.invalid, "\(place.text): a map with $binary must have no other keys")
                }
                guard key != "_placeholder" || member.value != .bool(true) else {
                    throw InspectorError(.invalid, "\(place.text): write a binary value as {\"$binary\": \"<base64>\"}")
                }
                let inner = try replacingBinary(in: member.value, at: .member(of: place, key), into: &attachments)
                replaced.append(JSONMember(member.key, inner))
            }
            return .object(replaced)
        default: return value
        }
    }

    private static func placeholder(
        for value: JSONValue, at place: ArgumentPlace, into attachments: inout [[UInt8]]
    ) throws(InspectorError) -> JSONValue {
        guard let text = value.string, let bytes = Base64.decode(text) else {
            throw InspectorError(.invalid, "\(place.text): $binary must be base64 with padding")
        }
        guard attachments.count < attachmentLimit else {
            throw InspectorError(.invalid, "\(place.text): there are more than \(attachmentLimit) binary values")
        }
        attachments.append(bytes)
        return ["_placeholder": true, "num": JSONValue(attachments.count - 1)]
    }
}
