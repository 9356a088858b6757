import EngineIOCore
import NIOCore
import SiphonCore
import SocketIOCore

/// The caller of an injection, who waits for its ack. Confined to the connection's event loop; answers once.
final class InjectionWaiter {
    typealias Answer = @Sendable (Result<InjectionResult, ControlError>) -> Void

    var event = EventID(0)
    var timer: Scheduled<Void>?
    private var answer: Answer?

    init(answer: @escaping Answer) { self.answer = answer }

    func succeed() { finish(.success(InjectionResult(event: event))) }

    func succeed(_ ack: SocketPacket, _ latency: TimeAmount) {
        finish(
            .success(
                InjectionResult(
                    event: event,
                    ack: .init(
                        arguments: Array(ack.payload.readableBytesView),
                        attachments: ack.attachments.map { Array($0.bytes.readableBytesView) },
                        latency: .nanoseconds(latency.nanoseconds)))))
    }

    func timeOut() { finish(.failure(.ackTimeout(event: event))) }

    func fail(_ error: ControlError) { finish(.failure(error)) }

    private func finish(_ result: Result<InjectionResult, ControlError>) {
        timer?.cancel()
        answer?(result)
        answer = nil
    }
}
