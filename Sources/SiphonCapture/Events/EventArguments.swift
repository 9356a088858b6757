import LosslessJSON
import SiphonCore
import SocketIOCore

/// Writes the `args` of an event as one JSON list without line breaks, whatever the peer sent.
///
/// The elements are the wire's text, numbers, escapes and spaces included. What is JSON but no list is the only
/// element; what is no JSON, or nested deeper than `depthLimit`, is the only element too, as a string.
enum EventArguments {
    /// Below the parser's own limit, so that who reads a page of events with it gets through.
    static let depthLimit = 500

    /// - Parameters:
    ///   - skipsName: whether a name stands first in the list.
    ///   - attachmentCount: more than 0 for the binary kinds; then placeholders become `$binary`.
    static func write(
        _ payload: UnsafeRawBufferPointer, skipsName: Bool, attachmentCount: Int, into writer: inout JSONWriter
    ) {
        writer.beginArray()
        defer { writer.endArray() }
        guard !payload.isEmpty else { return }
        if let elements = try? JSONParser.elements(of: payload, depthLimit: depthLimit) {
            for element in skipsName ? elements.dropFirst() : elements[...] {
                write(payload, element, attachmentCount, into: &writer)
            }
        } else if (try? JSONParser.validate(payload, depthLimit: depthLimit)) != nil {
            write(payload, payload.indices, attachmentCount, into: &writer)
        } else {
            writer.string(String(decoding: payload, as: UTF8.self))
        }
    }

    private static func write(
        _ payload: UnsafeRawBufferPointer, _ range: Range<Int>, _ attachmentCount: Int, into writer: inout JSONWriter
    ) {
        let element = UnsafeRawBufferPointer(rebasing: payload[range])
        if attachmentCount > 0, let value = try? JSONParser.parse(element, depthLimit: depthLimit) {
            return writer.value(resolve(value, attachmentCount))
        }
        guard element.contains(where: isLineBreak) else { return writer.raw(element) }
        // Only white space between tokens can be one: in a string it would not have been valid.
        writer.raw(element.map { isLineBreak($0) ? 0x20 : $0 })
    }

    private static func isLineBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    /// Puts `{"$binary": {"attachment": k}}` for each placeholder of an attachment that exists. No deeper than the
    /// parser went.
    private static func resolve(_ value: JSONValue, _ attachmentCount: Int) -> JSONValue {
        switch value {
        case .array(let elements):
            return .array(elements.map { resolve($0, attachmentCount) })
        case .object(let members):
            if value["_placeholder"]?.bool == true, let number = value["num"]?.int, 0..<attachmentCount ~= number {
                return ["$binary": ["attachment": .number(JSONNumber(number))]]
            }
            return .object(members.map { JSONMember($0.key, resolve($0.value, attachmentCount)) })
        default:
            return value
        }
    }
}
