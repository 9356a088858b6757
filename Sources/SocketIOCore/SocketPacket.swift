package import EngineIOCore
package import LosslessJSON
package import NIOCore

/// One Socket.IO packet with its attachments: the bytes it came in as and its envelope. The JSON is parsed only when
/// somebody asks for it.
package struct SocketPacket: Hashable, Sendable {
    package let envelope: PacketEnvelope
    /// The text message, such as `2/chat,12["say","hi"]`.
    package let text: EngineMessage
    /// The binary messages in the order of their placeholder numbers.
    package let attachments: [EngineMessage]

    package init(envelope: PacketEnvelope, text: EngineMessage, attachments: [EngineMessage] = []) {
        self.envelope = envelope
        self.text = text
        self.attachments = attachments
    }

    /// Of the text alone, however many attachments it announces; nil where that is no packet.
    package init?(unfinished text: EngineMessage) {
        guard text.kind == .text else { return nil }
        let envelope = text.bytes.withUnsafeReadableBytes { bytes in
            try? PacketEnvelope(scanning: bytes, attachmentLimit: .max)
        }
        guard let envelope else { return nil }
        self.init(envelope: envelope, text: text)
    }

    package var kind: PacketEnvelope.Kind { envelope.kind }

    /// The namespace's name; `/` for the root.
    package var namespace: String { envelope.namespace.isEmpty ? "/" : string(envelope.namespace) }

    /// The digits of the ack id, nil for none. Text, since a peer may write more digits than an integer holds.
    package var ackID: String? { envelope.ackID.isEmpty ? nil : string(envelope.ackID) }

    package var wantsAck: Bool { envelope.kind.isEvent && !envelope.ackID.isEmpty }

    /// The event's name with its escapes resolved; nil for other kinds and for a list that does not start with a
    /// string.
    package var eventName: String? {
        guard envelope.kind.isEvent, envelope.name.lowerBound > envelope.payloadOffset else { return nil }
        return JSONString(escapedOnWire: string(envelope.name)).value
    }

    /// The JSON text; empty for none.
    package var payload: ByteBuffer {
        text.bytes.getSlice(
            at: text.bytes.readerIndex + envelope.payloadOffset,
            length: text.bytes.readableBytes - envelope.payloadOffset)
            ?? ByteBuffer()
    }

    /// Parses the JSON. Placeholders stay as they are.
    package func parsedPayload() throws(JSONError) -> JSONValue {
        let payload = payload
        return try payload.withUnsafeReadableBytes { bytes throws(JSONError) in try JSONParser.parse(bytes) }
    }

    /// Bytes of the text and of all attachments.
    package var sizeBytes: Int { attachments.reduce(text.bytes.readableBytes) { $0 + $1.bytes.readableBytes } }

    /// The messages in the order in which they go over the wire.
    package var messages: [EngineMessage] { [text] + attachments }

    /// The same packet in memory of its own; see `EngineMessage.detached()`.
    package func detached() -> SocketPacket {
        SocketPacket(envelope: envelope, text: text.detached(), attachments: attachments.map { $0.detached() })
    }

    private func string(_ range: Range<Int>) -> String {
        text.bytes.getString(at: text.bytes.readerIndex + range.lowerBound, length: range.count) ?? ""
    }
}

extension SocketPacket {
    /// Makes a packet. Where there are attachments, event and ack become their binary kinds; without, they never are
    /// (a count of 0 breaks peers: Socket.IO v5 reference, binary).
    ///
    /// - Parameters:
    ///   - payload: one JSON text, or empty. Placeholders must be numbered from 0 by the caller.
    ///   - ackID: decimal digits.
    package init(
        kind: PacketEnvelope.Kind, namespace: String = "/", ackID: String? = nil, payload: some Sequence<UInt8>,
        attachments: [ByteBuffer] = []
    ) {
        let kind = kind.with(attachments: !attachments.isEmpty)
        var text = ByteBuffer()
        text.writeInteger(kind.rawValue)
        if kind.carriesAttachments { text.writeString("\(attachments.count)-") }
        if namespace != "/" { text.writeString("\(namespace),") }
        if let ackID { text.writeString(ackID) }
        text.writeBytes(payload)
        let envelope = text.withUnsafeReadableBytes { bytes in
            try? PacketEnvelope(scanning: bytes, attachmentLimit: .max)
        }
        guard let envelope else { preconditionFailure("a packet made here always has an envelope") }
        self.init(
            envelope: envelope, text: EngineMessage(.text, text),
            attachments: attachments.map { EngineMessage(.binary, $0) })
    }

    package init(
        kind: PacketEnvelope.Kind, namespace: String = "/", ackID: String? = nil, json: JSONValue,
        attachments: [ByteBuffer] = []
    ) {
        self.init(kind: kind, namespace: namespace, ackID: ackID, payload: json.encoded, attachments: attachments)
    }
}

extension PacketEnvelope.Kind {
    fileprivate func with(attachments: Bool) -> Self {
        switch self {
        case .event, .binaryEvent: attachments ? .binaryEvent : .event
        case .ack, .binaryAck: attachments ? .binaryAck : .ack
        default: self
        }
    }
}
