import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore

/// A packet that the actions of rules work on, one after the other. Every byte of the JSON but the values they change
/// stays as it was.
///
/// What an action does not find does not happen: a parent that is missing or of another type, an index further than
/// right behind the last, a kind of packet that has no such place, a payload that is no JSON, a place inside of a
/// binary value. A disconnect has nothing to change; what is set into connect and connect_error must leave them a
/// payload that such a packet may have.
struct PacketDraft {
    /// As it came.
    let packet: SocketPacket
    /// The packet's, and behind them those that actions added.
    private(set) var attachments: [ByteBuffer]
    /// Nil while nothing has been changed.
    private var edited: [UInt8]?

    init(_ packet: SocketPacket) {
        self.packet = packet
        attachments = packet.attachments.map(\.bytes)
    }

    /// The payload as it stands.
    var json: [UInt8] { edited ?? Array(packet.payload.readableBytesView) }

    /// The value at that place; nil for none.
    func json(at place: EventPlace) -> [UInt8]? {
        guard let path = path(to: place) else { return nil }
        let json = json
        guard let range = try? JSONEditor.range(of: path, in: json) else { return nil }
        return Array(json[range])
    }

    // MARK: Changes, each of which says whether it happened

    mutating func set(_ place: EventPlace, to value: [UInt8], attachments added: [ByteBuffer]) -> Bool {
        let json = json
        guard let path = path(to: place), mayAttach(added), !isInPlaceholder(path, in: json) else { return false }
        if place == .name {
            guard (try? JSONEditor.range(of: path, in: json)) != nil, EventName.isAllowed(value) else { return false }
        }
        if path.elements.isEmpty {
            guard isPayload(value) else { return false }
            return take(value, added)
        }
        guard let edited = try? JSONEditor.replacing(path, in: json, with: value) else { return false }
        return take(edited, added)
    }

    mutating func remove(_ place: EventPlace) -> Bool {
        guard place != .name, let path = path(to: place) else { return false }
        guard !path.elements.isEmpty else {
            // A connect may come without a payload, its refusal may not (Socket.IO v5, packet encoding).
            return packet.kind == .connect && !json.isEmpty && take([], attachments)
        }
        let json = json
        guard !isInPlaceholder(path, in: json), let edited = try? JSONEditor.removing(path, in: json) else {
            return false
        }
        return take(edited, attachments)
    }

    /// Replaces all arguments: `list` is one JSON list, of an event with its name before them.
    mutating func replace(with list: [UInt8], attachments added: [ByteBuffer]) -> Bool {
        switch packet.kind {
        case .event, .binaryEvent, .ack, .binaryAck: return isJSON && mayAttach(added) && take(list, added)
        case .connect, .connectError:
            guard let only = try? JSONEditor.range(of: JSONPath([.index(0)]), in: list),
                (try? JSONEditor.range(of: JSONPath([.index(1)]), in: list)) == nil
            else { return list == Array("[]".utf8) && remove(.argument(0, JSONPath([]))) }
            return set(.argument(0, JSONPath([])), to: Array(list[only]), attachments: added)
        case .disconnect: return false
        }
    }

    private mutating func take(_ json: [UInt8], _ attachments: [ByteBuffer]) -> Bool {
        edited = json
        self.attachments = attachments
        return true
    }

    // MARK: Places

    /// Where a place is in this kind of packet; nil where it has none. Empty for the whole of a payload.
    private func path(to place: EventPlace) -> JSONPath? {
        switch (packet.kind, place) {
        case (.event, .name), (.binaryEvent, .name): JSONPath([.index(0)])
        case (.event, .argument(let index, let rest)), (.binaryEvent, .argument(let index, let rest)):
            // Without a name the list is none that the API, and filters, would count the same way.
            hasName && index < Int.max ? JSONPath([.index(index + 1)] + rest.elements) : nil
        case (.ack, .argument(let index, let rest)), (.binaryAck, .argument(let index, let rest)),
            (.ack, .ackArgument(let index, let rest)), (.binaryAck, .ackArgument(let index, let rest)):
            JSONPath([.index(index)] + rest.elements)
        case (.connect, .argument(0, let rest)), (.connectError, .argument(0, let rest)): rest
        default: nil
        }
    }

    /// Whether a value above the one that `path` names is a placeholder: its members are not the sender's.
    private func isInPlaceholder(_ path: JSONPath, in json: [UInt8]) -> Bool {
        guard packet.kind.carriesAttachments || attachments.count > packet.attachments.count else { return false }
        for length in path.elements.indices.dropFirst() {
            guard let range = try? JSONEditor.range(of: JSONPath(Array(path.elements[..<length])), in: json) else {
                return false
            }
            if Placeholders(in: json[range]).isWhole { return true }
        }
        return false
    }

    /// The payload of connect and connect_error is one map, or for the latter a string (Socket.IO v4).
    private func isPayload(_ json: [UInt8]) -> Bool {
        json.first == UInt8(ascii: "{") || packet.kind == .connectError && json.first == UInt8(ascii: "\"")
    }

    /// Whether the payload is JSON no deeper than the parser goes.
    private var isJSON: Bool { json.withUnsafeBytes { (try? JSONParser.validate($0)) != nil } }

    private var hasName: Bool { packet.eventName != nil || edited != nil }

    /// Whether the packet can carry attachments besides its own. In one that carries none, what looks like a
    /// placeholder is the sender's, and would become one.
    private func mayAttach(_ added: [ByteBuffer]) -> Bool {
        guard added.count > attachments.count else { return true }
        guard added.count <= RuleParser.attachmentLimit, isJSON else { return false }
        switch packet.kind {
        case .binaryEvent, .binaryAck: return true
        case .event, .ack: return attachments.count > packet.attachments.count || Placeholders(in: json).found.isEmpty
        case .connect, .connectError, .disconnect: return false
        }
    }

    // MARK: Results

    /// The packet with the changes; the very packet where they left every byte as it was.
    var result: SocketPacket {
        guard let edited else { return packet }
        let before = Array(packet.payload.readableBytesView)
        guard edited != before else { return packet }
        guard packet.kind.carriesAttachments || attachments.count > packet.attachments.count else {
            return SocketPacket(kind: packet.kind, namespace: packet.namespace, ackID: packet.ackID, payload: edited)
        }
        // An attachment that nothing ever referred to stays.
        let isBinary = packet.kind.carriesAttachments
        let unused = isBinary ? Set(0..<packet.attachments.count).subtracting(Placeholders(in: before).numbers) : []
        return Self.packet(
            packet.kind, namespace: packet.namespace, ackID: packet.ackID, json: edited, attachments: attachments,
            keeping: unused)
    }

    /// An event or ack made of values of this packet and others: of `attachments` it has those that `json` refers to.
    /// Nil where it would refer to more than there are, or where what the sender meant for data would refer to one.
    func packet(
        _ kind: PacketEnvelope.Kind, namespace: String, ackID: String? = nil, json: [UInt8], attachments: [ByteBuffer]
    ) -> SocketPacket? {
        guard !attachments.isEmpty else {
            return SocketPacket(kind: kind, namespace: namespace, ackID: ackID, payload: json)
        }
        let placeholders = Placeholders(in: json).found
        let isOwn = packet.kind.carriesAttachments || placeholders.count == attachments.count
        guard isOwn, placeholders.allSatisfy({ attachments.indices.contains($0.number) }) else { return nil }
        return Self.packet(kind, namespace: namespace, ackID: ackID, json: json, attachments: attachments)
    }

    /// Leaves out the attachments that the JSON does not refer to and renumbers the placeholders of the others, which
    /// keep their order.
    private static func packet(
        _ kind: PacketEnvelope.Kind, namespace: String, ackID: String?, json: [UInt8], attachments: [ByteBuffer],
        keeping unused: Set<Int> = []
    ) -> SocketPacket {
        let placeholders = Placeholders(in: json)
        let wanted = unused.union(placeholders.numbers)
        var newNumbers: [Int: Int] = [:]
        var kept: [ByteBuffer] = []
        for (number, attachment) in attachments.enumerated() where wanted.contains(number) {
            newNumbers[number] = kept.count
            kept.append(attachment)
        }
        // One pass: a peer decides how many placeholders there are.
        var renumbered: [UInt8] = []
        renumbered.reserveCapacity(json.count)
        var copied = 0
        for placeholder in placeholders.found {
            guard let number = newNumbers[placeholder.number], number != placeholder.number else { continue }
            renumbered.append(contentsOf: json[copied..<placeholder.range.lowerBound])
            renumbered.append(contentsOf: String(number).utf8)
            copied = placeholder.range.upperBound
        }
        renumbered.append(contentsOf: json[copied...])
        return SocketPacket(kind: kind, namespace: namespace, ackID: ackID, payload: renumbered, attachments: kept)
    }
}

extension Placeholders {
    fileprivate var numbers: Set<Int> { Set(found.map(\.number)) }
}
