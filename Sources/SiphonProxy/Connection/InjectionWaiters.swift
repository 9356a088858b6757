import NIOCore
import SiphonCore
import SocketIOCore

/// The callers of one connection's injections that wait for an ack. Confined to the connection's event loop.
final class InjectionWaiters {
    private let eventLoop: any EventLoop
    private var waiting: [PendingInjection: InjectionWaiter] = [:]

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Calls `onTimeout` where the ack has not come in time, after the caller has been told.
    func add(
        _ waiter: InjectionWaiter, for injection: PendingInjection, timeout: Duration, onTimeout: @escaping () -> Void
    ) {
        waiting[injection] = waiter
        let bound = NIOLoopBound((self, onTimeout), eventLoop: eventLoop)
        waiter.timer = eventLoop.scheduleTask(in: TimeAmount(timeout)) {
            let (waiters, onTimeout) = bound.value
            guard let waiter = waiters.waiting.removeValue(forKey: injection) else { return }
            waiter.timeOut()
            onTimeout()
        }
    }

    func succeed(_ injection: PendingInjection, by ack: SocketPacket, after latency: TimeAmount) {
        waiting.removeValue(forKey: injection)?.succeed(ack, latency)
    }

    func fail(_ injection: PendingInjection, _ error: ControlError) {
        waiting.removeValue(forKey: injection)?.fail(error)
    }

    func failAll(_ error: ControlError) {
        let all = waiting.values
        waiting = [:]
        for waiter in all { waiter.fail(error) }
    }
}
