package import EngineIOCore
import NIOCore

/// Turns the messages of one direction of a connection into packets, each whole with its attachments.
///
/// The state belongs to the connection, not to a namespace or a transport: attachments may follow in another polling
/// payload or after an upgrade. Does no I/O, reads no clock.
package struct SocketPacketDecoder: Sendable {
    /// Most attachments one packet may announce.
    package let attachmentLimit: Int
    /// Most bytes the attachments of one packet may have together.
    package let attachmentBytesLimit: Int

    private struct Unfinished: Sendable {
        let envelope: PacketEnvelope
        let text: EngineMessage
        var attachments: [EngineMessage] = []
        var bytes = 0
    }

    private var unfinished: Unfinished?

    package init(attachmentLimit: Int, attachmentBytesLimit: Int) {
        self.attachmentLimit = attachmentLimit
        self.attachmentBytesLimit = attachmentBytesLimit
    }

    /// The messages of a packet whose attachments did not all come, in order; forgets them.
    package mutating func takeUnfinished() -> [EngineMessage] {
        defer { unfinished = nil }
        guard let unfinished else { return [] }
        return [unfinished.text] + unfinished.attachments
    }

    /// Feeds one message. Returns the packet once its last attachment is in, and nil until then. After an error the
    /// decoder still holds what came before; `takeUnfinished()` gives it back.
    package mutating func receive(_ message: EngineMessage) throws(SocketIOError) -> SocketPacket? {
        guard unfinished == nil else { return try receiveAttachment(message) }
        guard message.kind == .text else { throw SocketIOError(.unexpectedAttachment, at: 0) }
        let limit = attachmentLimit
        let envelope = try message.bytes.withUnsafeReadableBytes { bytes throws(SocketIOError) in
            try PacketEnvelope(scanning: bytes, attachmentLimit: limit)
        }
        guard envelope.attachmentCount > 0 else { return SocketPacket(envelope: envelope, text: message) }
        unfinished = Unfinished(envelope: envelope, text: message)
        return nil
    }

    private mutating func receiveAttachment(_ message: EngineMessage) throws(SocketIOError) -> SocketPacket? {
        guard var packet = unfinished else { return nil }
        guard message.kind == .binary else { throw SocketIOError(.missingAttachments, at: 0) }
        packet.bytes += message.bytes.readableBytes
        guard packet.bytes <= attachmentBytesLimit else { throw SocketIOError(.attachmentsTooLarge, at: 0) }
        unfinished = nil  // one owner, so that the append does not copy
        packet.attachments.append(message)
        guard packet.attachments.count == packet.envelope.attachmentCount else {
            unfinished = packet
            return nil
        }
        return SocketPacket(envelope: packet.envelope, text: packet.text, attachments: packet.attachments)
    }
}
