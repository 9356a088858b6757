package import EngineIOCore
import NIOCore
package import SiphonCore
package import SocketIOCore

/// A packet on its way through the chain, as a filter sees it: it has no verdict yet.
package struct PassingEvent: EventView {
    package let packet: SocketPacket
    private let context: EventContext
    package let marks: [String]

    /// - Parameter marks: those that earlier rules gave it.
    package init(_ packet: SocketPacket, context: EventContext, marks: [String] = []) {
        self.packet = packet
        self.context = context
        self.marks = marks
    }

    package var connection: ConnectionID { context.connection }
    package var from: Side { context.from }
    package var kind: EventKind { EventKind(packet.kind) }
    package var transport: EngineTransport { context.transport }
    package var engineVersion: UInt8 { context.engineVersion }
    package var time: Int64 { context.moment.wall }
    package var sizeBytes: Int { packet.sizeBytes }
    package var verdicts: Verdicts { [] }
    /// What becomes of an ack is known once it is paired, which is later.
    package var ackState: AckState? { packet.wantsAck ? .pending : nil }
    package var ackLatencyNanoseconds: Int64? { nil }
    package var namespace: String { packet.namespace }
    package var name: String? { packet.eventName }

    package func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let offset = packet.envelope.payloadOffset
        return packet.text.bytes.withUnsafeReadableBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[min(offset, bytes.count)...]))
        }
    }
}
