package import NIOCore

/// One timer at the earliest of several deadlines. Deadlines mostly move on: a timer that is too early finds nothing to
/// do and is set anew, which is cheaper than setting it with every message.
package final class DeadlineTimer {
    /// Called at a deadline, or before it where it has moved on.
    package var onDeadline: (() -> Void)?

    private let eventLoop: any EventLoop
    private var timer: Scheduled<Void>?
    private var deadline = NIODeadline.distantFuture
    private var isCancelled = false

    package init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Makes sure that it fires no later than `next`.
    package func require(_ next: NIODeadline) {
        guard next < deadline, !isCancelled else { return }
        timer?.cancel()
        deadline = next
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        timer = eventLoop.scheduleTask(deadline: next) {
            bound.value.deadline = .distantFuture
            bound.value.onDeadline?()
        }
    }

    /// Never fires again.
    package func cancel() {
        isCancelled = true
        timer?.cancel()
        onDeadline = nil
    }
}
