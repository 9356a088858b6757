import NIOConcurrencyHelpers
import NIOCore
import SocketIOCore

/// Who waits for the ack of one event. Told once, on whatever thread that comes about; a second time is ignored.
final class AckRequest: Sendable {
    typealias Answer = Result<SocketPacket, SocketIOClientError>

    private struct State {
        var isOver = false
        var key: AckTable.Key?
    }

    /// By when the ack has to be there; nil for as long as there is a connection.
    let deadline: NIODeadline?
    private let complete: @Sendable (Answer) -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameter timeout: from now on.
    convenience init(
        timeout: TimeAmount?, at now: NIODeadline = .now(), complete: @escaping @Sendable (Answer) -> Void
    ) {
        self.init(deadline: timeout.map { now + $0 }, complete: complete)
    }

    init(deadline: NIODeadline?, complete: @escaping @Sendable (Answer) -> Void) {
        self.deadline = deadline
        self.complete = complete
    }

    func answer(_ answer: Answer) {
        if end() { complete(answer) }
    }

    /// Nobody wants to know any more. Returns false where an answer was there before.
    @discardableResult
    func end() -> Bool {
        state.withLockedValue { state in
            defer { state.isOver = true }
            return !state.isOver
        }
    }

    /// Whether there is nothing to wait for any more: its event, if it has not left, need not.
    var isOver: Bool { state.withLockedValue { $0.isOver } }

    /// Under what the table has it.
    var key: AckTable.Key? {
        get { state.withLockedValue { $0.key } }
        set { state.withLockedValue { $0.key = newValue } }
    }
}
