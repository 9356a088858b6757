import EngineIOCore
import NIOCore
import SocketIOCore

/// The packets of one side as they come in, and how long one whose attachments are missing may take.
struct PacketIntake {
    private var decoder: SocketPacketDecoder
    private let timeLimit: TimeAmount
    /// By when the packet that waits for attachments has to be whole; nil where none does.
    private(set) var deadline: NIODeadline?

    init(limits: Limits) {
        decoder = SocketPacketDecoder(
            attachmentLimit: limits.attachmentsPerPacket, attachmentBytesLimit: limits.messageBytes)
        timeLimit = TimeAmount(limits.attachments)
    }

    /// Whether no packet waits for attachments.
    var isIdle: Bool { deadline == nil }

    /// Returns the packet that is whole with this message; nil where attachments are still to come.
    mutating func receive(_ message: EngineMessage, at now: NIODeadline) throws(SocketIOError) -> SocketPacket? {
        guard let packet = try decoder.receive(message) else {
            deadline = deadline ?? now + timeLimit
            return nil
        }
        deadline = nil
        return packet
    }

    /// The messages of the packet that waits for attachments, in order; forgets them.
    mutating func takeUnfinished() -> [EngineMessage] {
        deadline = nil
        return decoder.takeUnfinished()
    }
}
