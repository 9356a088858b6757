import NIOConcurrencyHelpers
import NIOCore
import SiphonCore
import SocketIOCore

/// Reads one record where it lies.
struct RecordReader: Sendable {
    let chunk: RecordChunk
    let offset: Int
    let header: RecordHeader

    init(chunk: RecordChunk, offset: Int) {
        self.chunk = chunk
        self.offset = offset
        header = Self.header(in: chunk, at: offset)
    }

    static func header(in chunk: RecordChunk, at offset: Int) -> RecordHeader { load(chunk, at: offset) }

    var kind: EventKind { EventKind(rawValue: header.kind) ?? .opaque }
    var from: Side { header.flags.contains(.fromUpstream) ? .upstream : .client }
    var isPacket: Bool { header.flags.contains(.packet) }

    /// Whether the pairing of acks wants to see it.
    var isPairable: Bool { Self.isPairable(header.kind, header.flags) }

    static func isPairable(_ kind: UInt8, _ flags: RecordHeader.Flags) -> Bool {
        flags.contains(.linked) || kind == EventKind.close.rawValue || kind == EventKind.disconnect.rawValue
    }

    // MARK: Layout

    private var sizesOffset: Int {
        offset + MemoryLayout<RecordHeader>.stride + (header.flags.contains(.linked) ? MemoryLayout<AckLink>.stride : 0)
    }

    private var originalOffset: Int { sizesOffset + 8 * attachmentCount }

    private var rulesOffset: Int {
        originalOffset + (isEdited ? 16 + 8 * ownOriginalAttachmentCount : 0)
    }

    private var marksOffset: Int { rulesOffset + 4 * Int(header.ruleCount) }

    private var bytesOffset: Int {
        let offset = marksOffset
        guard header.flags.contains(.marked) else { return offset }
        let size: UInt32 = Self.load(chunk, at: offset)
        return offset + 4 + Int(size)
    }

    private static func load<Value: BitwiseCopyable>(_ chunk: RecordChunk, at offset: Int) -> Value {
        UnsafeRawBufferPointer(chunk.memory).loadUnaligned(fromByteOffset: offset, as: Value.self)
    }

    // MARK: Parts

    var isEdited: Bool { header.flags.contains(.edited) }
    var attachmentCount: Int { Int(header.attachmentCount) }
    var rules: [RuleID] {
        (0..<Int(header.ruleCount)).map { RuleID(Self.load(chunk, at: rulesOffset + 4 * $0)) }
    }

    var marks: [String] {
        guard header.flags.contains(.marked) else { return [] }
        var marks: [String] = []
        var offset = marksOffset + 4
        let end = bytesOffset
        while offset < end {
            let size: UInt16 = Self.load(chunk, at: offset)
            offset += 2
            marks.append(String(decoding: chunk.memory[offset..<offset + Int(size)], as: UTF8.self))
            offset += Int(size)
        }
        return marks
    }

    func attachmentSize(_ index: Int) -> Int { Self.load(chunk, at: sizesOffset + 8 * index) }

    /// Bytes of the text and of all attachments.
    var size: Int { (0..<attachmentCount).reduce(header.textSize) { $0 + attachmentSize($1) } }

    /// As `size`; 0 for a list that Siphon wrote itself.
    var wireSize: Int { isPacket || kind == .opaque ? size : 0 }

    private var originalTextSize: Int { Self.load(chunk, at: originalOffset) }
    /// Attachments of the original that are not the record's as well.
    private var ownOriginalAttachmentCount: Int { Self.load(chunk, at: originalOffset + 8) }
    private func ownOriginalAttachmentSize(_ index: Int) -> Int {
        Self.load(chunk, at: originalOffset + 16 + 8 * index)
    }

    var originalAttachmentSizes: [Int] {
        header.flags.contains(.sameAttachments)
            ? (0..<attachmentCount).map(attachmentSize)
            : (0..<ownOriginalAttachmentCount).map(ownOriginalAttachmentSize)
    }

    func withText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withPart(0, at: bytesOffset, size: header.textSize, body)
    }

    /// Calls `body` with the packet's envelope and text; nil for what is no packet.
    func withEnvelope<Result>(_ body: (PacketEnvelope, UnsafeRawBufferPointer) -> Result) -> Result? {
        guard isPacket else { return nil }
        return withText { Self.envelope($0, body) }
    }

    /// Only for an edited record.
    func withOriginalEnvelope<Result>(_ body: (PacketEnvelope, UnsafeRawBufferPointer) -> Result) -> Result? {
        withOriginalText { Self.envelope($0, body) }
    }

    private static func envelope<Result>(
        _ text: UnsafeRawBufferPointer, _ body: (PacketEnvelope, UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        // Scanned once already when it was recorded, with the bound on attachments.
        guard let envelope = try? PacketEnvelope(scanning: text, attachmentLimit: .max) else { return nil }
        return body(envelope, text)
    }

    func withAttachment<Result>(_ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = (0..<index).reduce(bytesOffset + header.textSize) { $0 + attachmentSize($1) }
        return withPart(1 + index, at: start, size: attachmentSize(index), body)
    }

    /// Only for an edited record.
    func withOriginalText<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withPart(1 + attachmentCount, at: bytesOffset + size, size: originalTextSize, body)
    }

    private func withPart<Result>(
        _ index: Int, at start: Int, size: Int, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        guard header.flags.contains(.shared) else {
            return body(UnsafeRawBufferPointer(rebasing: chunk.memory[start..<start + size]))
        }
        return chunk.parts[index].withUnsafeReadableBytes(body)
    }

    // MARK: Acks

    /// The link of a record that has one.
    var link: AckLink? {
        guard header.flags.contains(.linked) else { return nil }
        return chunk.links.withLock { Self.load(chunk, at: offset + MemoryLayout<RecordHeader>.stride) }
    }

    /// Only for a record with a link.
    func setLink(_ link: AckLink) {
        let place = offset + MemoryLayout<RecordHeader>.stride
        chunk.links.withLock { chunk.memory.storeBytes(of: link, toByteOffset: place, as: AckLink.self) }
    }
}
