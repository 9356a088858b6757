/// What a Socket.IO packet says before its JSON, read by scanning (Socket.IO v5, packet encoding). All offsets are
/// in bytes from the start of the packet's text.
package struct PacketEnvelope: Hashable, Sendable {
    /// The packet type, by its digit on the wire.
    package enum Kind: UInt8, Sendable {
        case connect = 0x30
        case disconnect
        case event
        case ack
        case connectError
        case binaryEvent
        case binaryAck

        package var carriesAttachments: Bool { self == .binaryEvent || self == .binaryAck }
        package var isEvent: Bool { self == .event || self == .binaryEvent }
        package var isAck: Bool { self == .ack || self == .binaryAck }
    }

    package let kind: Kind
    /// How many binary messages follow; 0 for kinds without attachments.
    package let attachmentCount: Int
    /// The namespace with its `/`, without the comma; empty for the root namespace.
    package let namespace: Range<Int>
    /// The digits of the ack id; empty for none.
    package let ackID: Range<Int>
    /// The first string of an event's list, between its quotes, escapes as they were; empty for none.
    package let name: Range<Int>
    /// Where the JSON starts; the end of the text for none.
    package let payloadOffset: Int

    /// Reads the envelope at the start of `text`.
    package init(scanning text: UnsafeRawBufferPointer, attachmentLimit: Int) throws(SocketIOError) {
        guard let digit = text.first, let kind = Kind(rawValue: digit) else { throw SocketIOError(.unknownKind, at: 0) }
        var index = 1
        var count = 0
        if kind.carriesAttachments {
            while index < text.count, text[index].isDigit {
                count = count &* 10 &+ Int(text[index] &- 0x30)
                guard count <= attachmentLimit else { throw SocketIOError(.tooManyAttachments, at: index) }
                index += 1
            }
            // A count without digits is 0 to JavaScript decoders, whose peers are then handed the event.
            guard index < text.count, text[index] == UInt8(ascii: "-") else {
                throw SocketIOError(.badAttachmentCount, at: index)
            }
            index += 1
        }
        self.kind = kind
        attachmentCount = count

        var namespace = index..<index
        if index < text.count, text[index] == UInt8(ascii: "/") {
            let start = index
            while index < text.count, text[index] != UInt8(ascii: ",") { index += 1 }
            namespace = start..<index
            if index < text.count { index += 1 }
            // Some clients write the root namespace as `/,` (protocol quirk of socket.io-client-swift).
            if namespace.count == 1 { namespace = start..<start }
        }
        self.namespace = namespace

        let idStart = index
        while index < text.count, text[index].isDigit { index += 1 }
        ackID = idStart..<index
        payloadOffset = index
        name = kind.isEvent ? Self.scanName(text, from: index) : index..<index
    }

    /// The string after `[`, where the list starts with a string.
    private static func scanName(_ text: UnsafeRawBufferPointer, from offset: Int) -> Range<Int> {
        var index = skipSpace(text, from: offset)
        guard index < text.count, text[index] == UInt8(ascii: "[") else { return offset..<offset }
        index = skipSpace(text, from: index + 1)
        guard index < text.count, text[index] == UInt8(ascii: "\"") else { return offset..<offset }
        let start = index + 1
        index = start
        while index < text.count {
            if text[index] == UInt8(ascii: "\"") { return start..<index }
            index += text[index] == 0x5C ? 2 : 1
        }
        return offset..<offset
    }

    /// JSON allows white space around the first bracket; a rule must not be evaded by it.
    private static func skipSpace(_ text: UnsafeRawBufferPointer, from offset: Int) -> Int {
        var index = offset
        while index < text.count, text[index].isJSONSpace { index += 1 }
        return index
    }
}

extension UInt8 {
    var isDigit: Bool { self &- 0x30 < 10 }

    var isJSONSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
