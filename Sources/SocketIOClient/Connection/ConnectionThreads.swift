import NIOCore
import NIOPosix

/// The threads of all clients of the process. They are not those of NIO's own group: handlers run on them too, and what
/// else the program does by NIO is not to wait for these.
enum ConnectionThreads {
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, min(4, System.coreCount)))

    /// The thread of one more client.
    static func next() -> any EventLoop { group.next() }
}

/// Runs tasks on a client's thread. A handler that is called there costs a fifth of what one costs that another thread
/// has to be woken for.
final class ConnectionExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
