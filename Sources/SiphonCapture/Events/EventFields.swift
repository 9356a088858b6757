import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore

/// What a packet says, as the API shows it.
struct EventFields: Equatable {
    var namespace = "/"
    var name: String?
    var ackID: String?
    /// One JSON list.
    var arguments = Array("[]".utf8)
    var attachmentSizes: [Int] = []
    /// Bytes of the text and of all attachments; 0 for what was never on the wire.
    var sizeBytes = 0

    init(_ record: RecordReader) {
        attachmentSizes = (0..<record.attachmentCount).map(record.attachmentSize)
        sizeBytes = record.wireSize
        if record.withEnvelope({ read($0, $1) }) == nil, record.kind != .opaque {
            record.withText { read($0, skipsName: false) }
        }
        if record.kind == .opaque { self = EventFields(sizeBytes: sizeBytes, attachmentSizes: attachmentSizes) }
    }

    /// Nil where there is none.
    init?(originalOf record: RecordReader) {
        guard record.isEdited else { return nil }
        attachmentSizes = record.originalAttachmentSizes
        record.withOriginalText { sizeBytes = attachmentSizes.reduce($0.count, +) }
        _ = record.withOriginalEnvelope { read($0, $1) }
    }

    init(_ packet: SocketPacket) {
        attachmentSizes = packet.attachments.map(\.bytes.readableBytes)
        sizeBytes = packet.sizeBytes
        packet.text.bytes.withUnsafeReadableBytes { read(packet.envelope, $0) }
    }

    private init(sizeBytes: Int, attachmentSizes: [Int]) {
        self.sizeBytes = sizeBytes
        self.attachmentSizes = attachmentSizes
    }

    private mutating func read(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) {
        namespace = EventContent.namespace(envelope, text)
        name = EventContent.name(envelope, text)
        ackID = EventContent.ackID(envelope, text)
        read(EventContent.payload(envelope, text), skipsName: EventContent.hasName(envelope))
    }

    private mutating func read(_ payload: UnsafeRawBufferPointer, skipsName: Bool) {
        var writer = JSONWriter()
        EventArguments.write(
            payload, skipsName: skipsName, attachmentCount: attachmentSizes.count, into: &writer)
        arguments = writer.bytes
    }
}
