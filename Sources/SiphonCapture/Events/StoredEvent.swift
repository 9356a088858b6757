package import EngineIOCore
import LosslessJSON
package import SiphonCore
import SocketIOCore

/// One event of the capture. A small value that reads the record where it lies and keeps that memory alive; nothing
/// of it is decoded before it is asked for. Its ack is looked up each time.
package struct StoredEvent: EventView, Sendable {
    package struct AttachmentInfo: Hashable, Sendable {
        package let index: Int
        package let sizeBytes: Int
    }

    package let id: EventID
    let record: RecordReader
    /// Where its ack is found.
    private let capture: Capture

    init(id: EventID, record: RecordReader, capture: Capture) {
        self.id = id
        self.record = record
        self.capture = capture
    }

    package var connection: ConnectionID { ConnectionID(record.header.connection) }
    /// Nanoseconds since 1970, UTC.
    package var time: Int64 { record.header.time }
    /// For an injected event the side it pretends to come from.
    package var from: Side { record.from }
    package var kind: EventKind { record.kind }
    package var transport: EngineTransport { record.header.flags.contains(.webSocket) ? .webSocket : .polling }
    package var engineVersion: UInt8 { record.header.engineVersion }
    package var verdicts: Verdicts { Verdicts(packed: record.header.verdicts) }
    package var marks: [String] { record.marks }
    package var rules: [RuleID] { record.rules }
    package var injected: Bool { record.header.flags.contains(.injected) }

    // MARK: The packet

    package var namespace: String {
        record.withEnvelope { EventContent.namespace($0, $1) } ?? "/"
    }

    package var name: String? {
        record.withEnvelope { EventContent.name($0, $1) } ?? nil
    }

    /// The digits of the ack id on the wire, nil for none.
    package var ackID: String? {
        record.withEnvelope { EventContent.ackID($0, $1) } ?? nil
    }

    package var wantsAck: Bool { record.header.wantsAck }

    package func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        record.withText { text in
            guard record.kind != .opaque else { return body(UnsafeRawBufferPointer(start: nil, count: 0)) }
            guard let payload = record.withEnvelope(EventContent.payload) else { return body(text) }
            return body(payload)
        }
    }

    /// Bytes of the text and of all attachments, as sent (as received where it was dropped).
    /// 0 for what was never on the wire.
    package var sizeBytes: Int { record.wireSize }

    package var attachments: [AttachmentInfo] {
        (0..<record.attachmentCount).map { AttachmentInfo(index: $0, sizeBytes: record.attachmentSize($0)) }
    }

    /// Nil for an index past the last.
    package func attachmentBytes(_ index: Int) -> [UInt8]? {
        guard index >= 0, index < record.attachmentCount else { return nil }
        return record.withAttachment(index) { Array($0) }
    }

    /// The whole text as on the wire (`2/chat,12["say"]`), or the bytes of a binary message that is no packet.
    package func withRaw<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { record.withText(body) }

    /// Whether the packet was changed on its way.
    package var hasOriginal: Bool { record.isEdited }

    // MARK: Its other half

    /// For an event that wants an ack how it stands; for an ack that is not the one and only answer what it is; nil
    /// for everything else.
    package var ackState: AckState? {
        guard let link = record.link else { return nil }
        switch link.state {
        case .plain: return wantsAck ? .pending : nil
        case .answered: return .answered
        case .unanswered: return .unanswered
        case .late: return .late
        case .duplicate: return .duplicate
        case .unknown: return .unknown
        }
    }

    /// The ack that came for this event.
    package var ack: (event: EventID, latencyNanoseconds: Int64)? {
        guard wantsAck, let link = record.link, link.event > 0 else { return nil }
        return (EventID(link.event), link.latencyNanoseconds)
    }

    package var ackLatencyNanoseconds: Int64? { ack?.latencyNanoseconds }

    /// Looks the ack up by its id, at a cost of some microseconds.
    package func withAckPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        ack.flatMap { capture.event($0.event) }?.withPayload(body)
    }

    /// The event that this ack answers.
    package var answers: EventID? {
        guard kind == .ack, let link = record.link, link.event > 0 else { return nil }
        return EventID(link.event)
    }
}
