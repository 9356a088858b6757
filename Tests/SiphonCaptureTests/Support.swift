import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCapture
import SiphonCore
import SocketIOCore

extension SocketPacket {
    init(_ bytes: [UInt8], attachments: [[UInt8]] = []) throws {
        let envelope = try bytes.withUnsafeBytes { raw throws(SocketIOError) in
            try PacketEnvelope(scanning: raw, attachmentLimit: 1000)
        }
        self.init(
            envelope: envelope, text: EngineMessage(.text, ByteBuffer(bytes: bytes)),
            attachments: attachments.map { .binary($0) })
    }

    init(_ text: String, attachments: [[UInt8]] = []) throws {
        try self.init(Array(text.utf8), attachments: attachments)
    }
}

extension EventRecord {
    /// A forwarded packet.
    static func packet(
        _ packet: SocketPacket, from: Side = .client, connection: UInt64 = 1, time: Int64 = 0,
        verdicts: Verdicts = [.forwarded]
    ) -> EventRecord {
        EventRecord(
            connection: ConnectionID(connection), time: time, from: from, kind: EventKind(packet.kind),
            transport: .webSocket, verdicts: verdicts, content: .packet(packet))
    }

    static func packet(
        _ text: String, attachments: [[UInt8]] = [], from: Side = .client, connection: UInt64 = 1, time: Int64 = 0,
        verdicts: Verdicts = [.forwarded]
    ) throws -> EventRecord {
        packet(
            try SocketPacket(text, attachments: attachments), from: from, connection: connection, time: time,
            verdicts: verdicts)
    }

    /// What happened to a connection.
    static func list(_ kind: EventKind, _ json: String = "[]", connection: UInt64 = 1) -> EventRecord {
        EventRecord(
            connection: ConnectionID(connection), time: 0, from: .client, kind: kind, transport: .webSocket,
            verdicts: [], content: .list(ByteBuffer(string: json)))
    }

    static func opaque(_ message: EngineMessage) -> EventRecord {
        EventRecord(
            connection: ConnectionID(1), time: 0, from: .client, kind: .opaque, transport: .webSocket,
            verdicts: [.forwarded], content: .message(message))
    }
}

extension Capture {
    /// Records all, makes them readable and returns the last one's id.
    @discardableResult
    func take(_ records: [EventRecord]) -> EventID? {
        let recorder = makeRecorder()
        for record in records { recorder.record(record) }
        let last = recorder.flush()
        drain()
        return last
    }

    @discardableResult
    func take(_ record: EventRecord) -> StoredEvent? { take([record]).flatMap(event) }

    var ids: [UInt64] { events(limit: .max).events.map(\.id.number) }
}

extension StoredEvent {
    func json(detailed: Bool = false) throws -> JSONValue {
        var writer = JSONWriter()
        write(into: &writer, detailed: detailed)
        return try JSONValue(parsing: writer.bytes)
    }
}

extension CaptureLimits {
    init(_ change: (inout CaptureLimits) -> Void) {
        self.init()
        change(&self)
    }
}
