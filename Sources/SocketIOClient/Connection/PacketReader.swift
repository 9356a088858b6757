import EngineIOCore
import SocketIOCore

/// Makes packets of the messages of one session. One that cannot be read is left out with its attachments.
struct PacketReader {
    struct Fault: Error {
        let error: SocketIOClientError
        /// Of the packet; nil where that cannot be read either.
        let namespace: String?
        /// What the packet answers, where it is an ack.
        let ack: AckTable.Key?
        /// Whether it is the packet before that is missing something: the message has to be read again then.
        let isOfPacketBefore: Bool
    }

    private var decoder: SocketPacketDecoder
    /// After a packet that was left out.
    private var skipsBinary = false

    init(_ limits: ClientLimits) {
        decoder = SocketPacketDecoder(
            attachmentLimit: limits.attachmentsPerPacket, attachmentBytesLimit: limits.messageBytes)
    }

    /// The packet that is whole with this message; nil where none is.
    mutating func read(_ message: EngineMessage) throws(Fault) -> SocketPacket? {
        if skipsBinary, message.kind == .binary { return nil }
        skipsBinary = false
        do throws(SocketIOError) {
            return try decoder.receive(message)
        } catch {
            skipsBinary = true
            let lost = SocketPacket(unfinished: decoder.takeUnfinished().first ?? message)
            throw Fault(
                error: SocketIOClientError(
                    .protocolViolation,
                    "a packet of the server was left out: \(error.code.rawValue) at byte \(error.offset)"),
                namespace: lost?.namespace, ack: lost.flatMap { AckTable.Key(of: $0) },
                isOfPacketBefore: error.code == .missingAttachments)
        }
    }
}
