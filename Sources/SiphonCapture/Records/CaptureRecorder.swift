import EngineIOCore
import NIOCore
package import SiphonCore
package import SocketIOCore

/// Packs the records of one event loop into chunks and hands them over to the capture. Not `Sendable`: it belongs to
/// its loop.
///
/// A recorder goes on filling its chunk after a flush; what was handed over it never touches again.
package final class CaptureRecorder: EventRecorder {
    private let capture: Capture
    private let limits: CaptureLimits
    private var chunk: RecordChunk
    /// Where the next record goes, and how many bytes the chunk has left.
    private var position: UnsafeMutableRawPointer
    private var room: Int
    /// What lies in the chunk and is not handed over: where it starts, and what a batch says of it.
    private var start = 0
    private var count = 0
    private var cost = 0
    private var pairable = 0
    /// Complete batches that wait for the next hand-over: what lies before a record with a chunk of its own, and it.
    private var finished: [RecordBatch] = []
    private var finishedCost = 0

    init(capture: Capture) {
        self.capture = capture
        limits = capture.limits
        chunk = RecordChunk(from: capture.pool)
        position = chunk.start
        room = chunk.memory.count
    }

    deinit { flush() }

    package var hasRecords: Bool { count > 0 || !finished.isEmpty }

    package func recordForwarded(_ packet: borrowing SocketPacket, context: borrowing EventContext) {
        let kind = packet.envelope.kind
        var flags: RecordHeader.Flags = .packet
        if context.from == .upstream { flags.insert(.fromUpstream) }
        if context.transport == .webSocket { flags.insert(.webSocket) }
        if kind.isAck || kind.isEvent && !packet.envelope.ackID.isEmpty { flags.insert(.linked) }
        var header = RecordHeader(
            length: 0, time: context.moment.wall, connection: context.connection.number,
            textSize: packet.text.bytes.readableBytes,
            verdicts: Verdicts.forwarded.packed, attachmentCount: 0, ruleCount: 0, flags: flags,
            kind: EventKind(kind).rawValue, engineVersion: context.engineVersion)
        header.length = (header.fixedLength + header.textSize + 7) & ~7
        guard header.length <= room, header.textSize < limits.sharedPayloadBytes, packet.attachments.isEmpty else {
            return record(EventRecord(forwarded: packet, context: context))
        }
        var writer = RecordWriter(position: position)
        add(header)
        writer.write(header)
        packet.text.bytes.withUnsafeReadableBytes { writer.copy($0) }
    }

    package func record(_ record: borrowing EventRecord) {
        var header = RecordHeader(record)
        let notes = RecordNotes(rules: record.rules, marks: record.marks)
        header.ruleCount = UInt16(clamping: notes.rules.count)
        if !notes.marks.isEmpty { header.flags.insert(.marked) }
        switch record.content {
        case .packet(let packet):
            header.flags.insert(.packet)
            if record.kind == .event && packet.wantsAck || record.kind == .ack && packet.kind.isAck {
                header.flags.insert(.linked)
            }
            guard packet.attachments.isEmpty, record.original == nil else {
                return append(
                    &header, packet.text.bytes, attachments: packet.attachments, original: record.original,
                    notes)
            }
            append(&header, packet.text.bytes, notes)
        case .message(let message):
            if message.kind == .binary { header.flags.insert(.binary) }
            append(&header, message.bytes, notes)
        case .list(let list):
            append(&header, list, notes)
        }
    }

    @discardableResult
    package func flush() -> EventID? {
        guard hasRecords else { return nil }
        finishChunk()
        return handOver()
    }

    // MARK: Writing

    /// The usual record: no attachments, no original.
    private func append(_ header: inout RecordHeader, _ text: ByteBuffer, _ notes: RecordNotes) {
        let size = text.readableBytes
        guard size < limits.sharedPayloadBytes else {
            return append(&header, text, attachments: [], original: nil, notes)
        }
        header.textSize = size
        header.length = header.fixedLength + notes.size + size
        header.length = (header.length + 7) & ~7
        guard var writer = makeRoom(header) else {
            return append(&header, text, attachments: [], original: nil, notes)
        }
        writer.write(header)
        notes.write(into: &writer)
        writer.copy(text)
    }

    /// Any record.
    private func append(
        _ header: inout RecordHeader, _ text: ByteBuffer, attachments: [EngineMessage], original: SocketPacket?,
        _ notes: RecordNotes
    ) {
        header.textSize = text.readableBytes
        header.attachmentCount = UInt32(clamping: attachments.count)
        var parts = [text] + attachments.map(\.bytes)
        var sizes = attachments.map(\.bytes.readableBytes)
        if let original {
            header.flags.insert(.edited)
            let isSame = original.attachments == attachments
            if isSame { header.flags.insert(.sameAttachments) }
            let own = isSame ? [] : original.attachments
            parts += [original.text.bytes] + own.map(\.bytes)
            sizes += [original.text.bytes.readableBytes, own.count] + own.map(\.bytes.readableBytes)
        }
        let payload = parts.reduce(0) { $0 + $1.readableBytes }
        let fixed = header.fixedLength + 8 * sizes.count + notes.size
        let isShared = payload / parts.count >= limits.sharedPayloadBytes
        if isShared {
            header.flags.insert(.shared)
            parts = parts.map(\.compact)
            header.length = fixed + parts.reduce(0) { $0 + $1.storageCapacity }
        } else {
            header.length = (fixed + payload + 7) & ~7
        }

        var writer: RecordWriter
        if !isShared, let room = makeRoom(header) {
            writer = room
        } else {
            writer = makeChunk(for: header, byteCount: isShared ? fixed : header.length, parts: isShared ? parts : [])
        }
        writer.write(header)
        for size in sizes { writer.store(size) }
        notes.write(into: &writer)
        if !isShared {
            for part in parts { writer.copy(part) }
        }
    }

    /// Where to write a record that `header` describes; nil where no chunk is large enough.
    private func makeRoom(_ header: RecordHeader) -> RecordWriter? {
        if room < header.length {
            guard header.length <= limits.chunkBytes else { return nil }
            finishChunk()
            if !finished.isEmpty { handOver() }
            chunk = RecordChunk(from: capture.pool)
            position = chunk.start
            room = chunk.memory.count
            start = 0
        }
        defer { add(header) }
        return RecordWriter(position: position)
    }

    /// Counts a record that is about to be written at `position`.
    ///
    /// Inlined, and assigning where `+=` would do, so that the run time need not watch over each access.
    @inline(__always)
    private func add(_ header: RecordHeader) {
        position = position + header.length
        room = room - header.length
        count = count + 1
        cost = cost + header.cost
        if RecordReader.isPairable(header.kind, header.flags) { pairable = pairable + 1 }
    }

    private func makeChunk(for header: RecordHeader, byteCount: Int, parts: [ByteBuffer]) -> RecordWriter {
        if finishedCost >= limits.chunkBytes { handOver() }
        finishChunk()
        let chunk = RecordChunk(byteCount: byteCount, parts: parts, links: capture.pool.links)
        let isPairable = RecordReader.isPairable(header.kind, header.flags)
        finish(
            RecordBatch(
                chunk: chunk, start: 0, end: header.length, count: 1, cost: header.cost, pairable: isPairable ? 1 : 0))
        return RecordWriter(position: chunk.start)
    }

    // MARK: Handing over

    private func finishChunk() {
        guard count > 0 else { return }
        let end = chunk.memory.count - room
        finish(RecordBatch(chunk: chunk, start: start, end: end, count: count, cost: cost, pairable: pairable))
        start = end
        count = 0
        cost = 0
        pairable = 0
    }

    private func finish(_ batch: RecordBatch) {
        finished.append(batch)
        finishedCost += batch.cost
    }

    @discardableResult
    private func handOver() -> EventID {
        defer {
            finished.removeAll(keepingCapacity: true)
            finishedCost = 0
        }
        return capture.handOver(finished)
    }
}

extension RecordHeader {
    fileprivate init(_ record: borrowing EventRecord) {
        var flags: Flags = []
        if record.from == .upstream { flags.insert(.fromUpstream) }
        if record.transport == .webSocket { flags.insert(.webSocket) }
        if record.injected { flags.insert(.injected) }
        self.init(
            length: 0, time: record.time, connection: record.connection.number, textSize: 0,
            verdicts: record.verdicts.packed, attachmentCount: 0, ruleCount: 0, flags: flags,
            kind: record.kind.rawValue, engineVersion: record.engineVersion)
    }

    /// Bytes of the header and the link.
    fileprivate var fixedLength: Int {
        MemoryLayout<RecordHeader>.stride + (flags.contains(.linked) ? MemoryLayout<AckLink>.stride : 0)
    }
}

extension ByteBuffer {
    /// The same bytes in memory that they fill at least by half: a slice of a large buffer would keep all of it.
    fileprivate var compact: ByteBuffer {
        storageCapacity / 2 <= readableBytes ? self : ByteBuffer(bytes: readableBytesView)
    }
}

/// What rules left behind with an event.
private struct RecordNotes {
    /// Bytes of one mark that are kept, and of all marks of an event; nobody means to write more.
    private static let markBytesLimit = 256
    private static let marksBytesLimit = 4096

    let rules: [RuleID]
    let marks: [String]
    private let marksSize: Int

    init(rules: [RuleID], marks: [String]) {
        self.rules = rules.count > Int(UInt16.max) ? Array(rules.prefix(Int(UInt16.max))) : rules
        guard !marks.isEmpty else {
            self.marks = []
            marksSize = 0
            return
        }
        var size = 0
        self.marks = marks.filter { mark in
            let count = mark.utf8.count
            guard count <= Self.markBytesLimit, size + 2 + count <= Self.marksBytesLimit else { return false }
            size += 2 + count
            return true
        }
        marksSize = size
    }

    /// Bytes in the record.
    var size: Int { 4 * rules.count + (marks.isEmpty ? 0 : 4 + marksSize) }

    func write(into writer: inout RecordWriter) {
        for rule in rules { writer.store(rule.number) }
        guard !marks.isEmpty else { return }
        writer.store(UInt32(marksSize))
        for mark in marks {
            writer.store(UInt16(mark.utf8.count))
            var mark = mark
            mark.withUTF8 { writer.copy(UnsafeRawBufferPointer($0)) }
        }
    }
}

/// Writes a record front to back into memory that is large enough for it.
private struct RecordWriter {
    var position: UnsafeMutableRawPointer

    mutating func write(_ header: RecordHeader) {
        store(header)
        if header.flags.contains(.linked) { store(AckLink()) }
    }

    mutating func store<Value: BitwiseCopyable>(_ value: Value) {
        position.storeBytes(of: value, as: Value.self)
        position += MemoryLayout<Value>.stride
    }

    mutating func copy(_ buffer: ByteBuffer) { buffer.withUnsafeReadableBytes { copy($0) } }

    mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        position.copyMemory(from: base, byteCount: bytes.count)
        position += bytes.count
    }
}
