import NIOConcurrencyHelpers
import SocketIOCore

/// One ack that a task waits for. The first of its answers counts, whether it comes before or after somebody waits.
final class PendingAnswer: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<SocketPacket, any Error>)
        case done(Result<SocketPacket, any Error>)
        case taken
    }

    private let state = NIOLockedValueBox(State.open)

    func complete(_ answer: AckRequest.Answer) { finish(answer.mapError { $0 }) }

    func cancel() { finish(.failure(CancellationError())) }

    /// Called once.
    func value() async throws -> SocketPacket {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLockedValue { state -> Result<SocketPacket, any Error>? in
                guard case .done(let result) = state else {
                    state = .waiting(continuation)
                    return nil
                }
                state = .taken
                return result
            }
            if let result { continuation.resume(with: result) }
        }
    }

    private func finish(_ result: Result<SocketPacket, any Error>) {
        let continuation = state.withLockedValue { state -> CheckedContinuation<SocketPacket, any Error>? in
            switch state {
            case .open:
                state = .done(result)
                return nil
            case .waiting(let continuation):
                state = .taken
                return continuation
            case .done, .taken: return nil
            }
        }
        continuation?.resume(with: result)
    }
}
