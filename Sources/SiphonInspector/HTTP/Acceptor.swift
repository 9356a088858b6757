import Dispatch
import Logging
import SiphonCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A connection's descriptor, non-blocking, with the client's address.
struct AcceptedConnection {
    let descriptor: CInt
    let address: sockaddr_storage
    let addressLength: socklen_t
}

/// Accepts the inspector's connections, and stops for a while where there is no room or no file descriptor for them.
///
/// Unchecked: what changes is touched on the thread alone.
final class Acceptor: @unchecked Sendable {
    private enum Pause { case noRoom, noDescriptor }

    /// How long nothing is accepted after no descriptor was left.
    private static let shortagePause = DispatchTimeInterval.seconds(1)
    /// Of so many pauses in a row one is told of.
    private static let pausesForEachLine = 5

    private let descriptor: CInt
    private let log: Logger
    private let hasRoom: @Sendable () -> Bool
    private let take: @Sendable (AcceptedConnection) -> Void
    private let thread: ReadinessThread
    private var isStopped = false
    private var pause: Pause?
    private var pauseCount = 0

    /// - Parameters:
    ///   - descriptor: listens and does not block; `stop` closes it.
    ///   - thread: accepts; it must not be stopped before this is.
    ///   - hasRoom: asked before each connection; where it says no, `madeRoom` is to be called later.
    ///   - take: owns what it is given.
    init(
        descriptor: CInt, on thread: ReadinessThread, log: Logger, hasRoom: @escaping @Sendable () -> Bool,
        take: @escaping @Sendable (AcceptedConnection) -> Void
    ) {
        self.descriptor = descriptor
        self.thread = thread
        self.log = log
        self.hasRoom = hasRoom
        self.take = take
        thread.execute { self.watch() }
    }

    /// There may be room again.
    func madeRoom() { thread.execute { self.resume(from: .noRoom) } }

    /// Accepts nothing more and closes the descriptor. Returns once that is done; called once.
    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            thread.execute {
                self.isStopped = true
                self.thread.forget(self.descriptor)
                close(self.descriptor)
                continuation.resume()
            }
        }
    }

    // MARK: On the thread

    private func watch() { thread.watch(descriptor) { self.acceptNext() } }

    /// One at a time: what else the thread has to do comes in between.
    private func acceptNext() {
        guard hasRoom() else { return pause(for: .noRoom) }
        guard !DescriptorReserve.isReached() else { return waitForDescriptors(EMFILE) }
        if let accepted = accept() {
            pauseCount = 0
            return take(accepted)
        }
        switch errno {
        case EINTR, ECONNABORTED, EAGAIN: return
        case let code: waitForDescriptors(code)
        }
    }

    private func accept() -> AcceptedConnection? {
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let accepted = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { systemAccept(descriptor, $0, &length) }
        }
        return accepted < 0
            ? nil : AcceptedConnection(descriptor: accepted, address: address, addressLength: length)
    }

    private func waitForDescriptors(_ code: CInt) {
        if pauseCount % Self.pausesForEachLine == 0 {
            log.warning(
                "the inspector cannot accept connections and tries again; see the metadata for why",
                metadata: ["error": "\(String(cString: strerror(code)))"])
        }
        pauseCount += 1
        pause(for: .noDescriptor)
        // Not a task: Swift's threads may all be at work for long.
        DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: .now() + Self.shortagePause) {
            self.thread.execute { self.resume(from: .noDescriptor) }
        }
    }

    private func pause(for reason: Pause) {
        pause = reason
        thread.forget(descriptor)
    }

    private func resume(from reason: Pause) {
        guard pause == reason, !isStopped else { return }
        pause = nil
        watch()
    }
}

private func systemAccept(
    _ descriptor: CInt, _ address: UnsafeMutablePointer<sockaddr>, _ length: UnsafeMutablePointer<socklen_t>
) -> CInt {
    let accepted = accept(descriptor, address, length)
    guard accepted >= 0 else { return accepted }
    // The library does the same for what it accepts itself, and for what it is given not on every system.
    _ = fcntl(accepted, F_SETFL, fcntl(accepted, F_GETFL) | O_NONBLOCK)
    _ = fcntl(accepted, F_SETFD, FD_CLOEXEC)
    return accepted
}
