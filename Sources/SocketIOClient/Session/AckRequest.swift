import NIOCore
import SocketIOCore

/// Who waits for the ack of one event. Told once, on whatever thread that comes about; a second time is ignored.
final class AckRequest: Sendable {
    typealias Answer = Result<SocketPacket, SocketIOClientError>

    /// How long from the emit on; nil for as long as there is a connection.
    let timeout: TimeAmount?
    private let complete: @Sendable (Answer) -> Void

    init(timeout: TimeAmount?, complete: @escaping @Sendable (Answer) -> Void) {
        self.timeout = timeout
        self.complete = complete
    }

    func answer(_ answer: Answer) { complete(answer) }
}
