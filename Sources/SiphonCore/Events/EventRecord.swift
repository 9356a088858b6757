package import EngineIOCore
package import NIOCore
package import SocketIOCore

/// What the bridge tells the capture about one event, once its verdict is known.
package struct EventRecord: Sendable {
    /// What was recorded, in the form it has on the wire.
    package enum Content: Sendable {
        /// As sent; as received where it was dropped.
        case packet(SocketPacket)
        /// A message that is no packet.
        case message(EngineMessage)
        /// For what happens to a connection: one JSON list, such as `[{"reason":"transport close"}]`.
        case list(ByteBuffer)
    }

    package var connection: ConnectionID
    /// Nanoseconds since 1970, UTC.
    package var time: Int64
    package var from: Side
    package var kind: EventKind
    /// The transport of the hop the event came in by.
    package var transport: EngineTransport
    /// 3 or 4.
    package var engineVersion: UInt8
    package var verdicts: Verdicts
    package var injected: Bool
    package var rules: [RuleID]
    /// What rules marked it with, in order, each once.
    package var marks: [String]
    package var content: Content
    /// The packet as it came, where `content` differs from it.
    package var original: SocketPacket?

    package init(
        connection: ConnectionID, time: Int64, from: Side, kind: EventKind, transport: EngineTransport,
        engineVersion: UInt8 = 4, verdicts: Verdicts, injected: Bool = false, rules: [RuleID] = [],
        marks: [String] = [],
        content: Content, original: SocketPacket? = nil
    ) {
        self.connection = connection
        self.time = time
        self.from = from
        self.kind = kind
        self.transport = transport
        self.engineVersion = engineVersion
        self.verdicts = verdicts
        self.injected = injected
        self.rules = rules
        self.marks = marks
        self.content = content
        self.original = original
    }
}

extension EventRecord {
    package init(forwarded packet: borrowing SocketPacket, context: borrowing EventContext) {
        self.init(
            connection: context.connection, time: context.moment.wall, from: context.from, kind: EventKind(packet.kind),
            transport: context.transport, engineVersion: context.engineVersion, verdicts: .forwarded,
            content: .packet(copy packet))
    }
}
