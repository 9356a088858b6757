import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore

/// Carries out `set` on a packet. Every byte of the JSON but the values set stays as it was.
///
/// What an assignment does not find does not happen: a parent that is missing or of another type, an index further than
/// right behind the last, a kind of packet that has no such place, a payload that is no JSON, a place inside of a
/// binary value. A disconnect has nothing to set; what is set into connect and connect_error must leave them a payload
/// that such a packet may have.
enum PacketEditor {
    /// The packet with the values set, or nil where no assignment found its place. Equal bytes give the packet as it was.
    static func setting(_ assignments: [Assignment], in packet: SocketPacket) -> SocketPacket? {
        let before = Array(packet.payload.readableBytesView)
        var json = before
        var hasActed = false
        for assignment in assignments {
            guard let edited = setting(assignment, in: json, of: packet) else { continue }
            json = edited
            hasActed = true
        }
        guard hasActed else { return nil }
        return json == before ? packet : packet.replacing(payload: json, of: before)
    }

    private static func setting(_ assignment: Assignment, in json: [UInt8], of packet: SocketPacket) -> [UInt8]? {
        let value = assignment.value.encoded
        switch (packet.kind, assignment.target) {
        case (.event, .name), (.binaryEvent, .name):
            let path = JSONPath([.index(0)])
            guard (try? JSONEditor.range(of: path, in: json)) != nil else { return nil }
            return try? JSONEditor.replacing(path, in: json, with: value)
        case (.event, .argument(let index, let rest)), (.binaryEvent, .argument(let index, let rest)):
            guard index < Int.max else { return nil }
            return setting(value, at: index + 1, rest, in: json, of: packet)
        case (.ack, .argument(let index, let rest)), (.binaryAck, .argument(let index, let rest)),
            (.ack, .ackArgument(let index, let rest)), (.binaryAck, .ackArgument(let index, let rest)):
            return setting(value, at: index, rest, in: json, of: packet)
        case (.connect, .argument(0, let rest)): return settingPayload(value, rest, in: json, mayBeString: false)
        case (.connectError, .argument(0, let rest)): return settingPayload(value, rest, in: json, mayBeString: true)
        default: return nil
        }
    }

    private static func setting(
        _ value: [UInt8], at index: Int, _ rest: JSONPath, in json: [UInt8], of packet: SocketPacket
    ) -> [UInt8]? {
        let path = JSONPath([.index(index)] + rest.elements)
        if packet.kind.carriesAttachments, leadsIntoPlaceholder(path, in: json) { return nil }
        return try? JSONEditor.replacing(path, in: json, with: value)
    }

    /// Whether a value above the one that `path` names is a placeholder: its members are not the sender's.
    private static func leadsIntoPlaceholder(_ path: JSONPath, in json: [UInt8]) -> Bool {
        for length in path.elements.indices.dropFirst() {
            guard let range = try? JSONEditor.range(of: JSONPath(Array(path.elements[..<length])), in: json) else {
                return false
            }
            if Placeholders(in: json[range]).isWhole { return true }
        }
        return false
    }

    /// The payload of connect and connect_error is one map, or for the latter a string (Socket.IO v4).
    private static func settingPayload(
        _ value: [UInt8], _ rest: JSONPath, in json: [UInt8], mayBeString: Bool
    ) -> [UInt8]? {
        guard rest.elements.isEmpty else { return try? JSONEditor.replacing(rest, in: json, with: value) }
        let isAllowed = value.first == UInt8(ascii: "{") || mayBeString && value.first == UInt8(ascii: "\"")
        return isAllowed ? value : nil
    }
}

extension SocketPacket {
    /// The packet with another JSON text. Attachments that `before` refers to and `payload` does not are left out, and
    /// the placeholders of those behind them renumbered; an attachment that nothing ever referred to stays.
    fileprivate func replacing(payload: [UInt8], of before: [UInt8]) -> SocketPacket {
        guard kind.carriesAttachments else {
            return SocketPacket(kind: kind, namespace: namespace, ackID: ackID, payload: payload)
        }
        let placeholders = Placeholders(in: payload).found
        let lost = Set(Placeholders(in: before).found.map(\.number)).subtracting(placeholders.map(\.number))
        var newNumbers: [Int: Int] = [:]
        var kept: [ByteBuffer] = []
        for (number, attachment) in attachments.enumerated() where !lost.contains(number) {
            newNumbers[number] = kept.count
            kept.append(attachment.bytes)
        }
        // One pass: a peer decides how many placeholders there are.
        var json: [UInt8] = []
        json.reserveCapacity(payload.count)
        var copied = 0
        for placeholder in placeholders {
            guard let number = newNumbers[placeholder.number], number != placeholder.number else { continue }
            json.append(contentsOf: payload[copied..<placeholder.range.lowerBound])
            json.append(contentsOf: String(number).utf8)
            copied = placeholder.range.upperBound
        }
        json.append(contentsOf: payload[copied...])
        return SocketPacket(kind: kind, namespace: namespace, ackID: ackID, payload: json, attachments: kept)
    }
}
