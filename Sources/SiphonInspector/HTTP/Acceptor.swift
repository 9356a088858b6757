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
/// Unchecked: what changes is touched on `queue` alone.
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
    /// Of a class of its own: those of one class share threads, and would wait for one behind others that block.
    private let queue = DispatchQueue(label: "siphon.inspector.accept", qos: .userInteractive)
    private let source: any DispatchSourceRead
    private var pause: Pause?
    private var pauseCount = 0

    /// - Parameters:
    ///   - descriptor: listens and does not block; `stop` closes it.
    ///   - hasRoom: asked before each connection; where it says no, `madeRoom` is to be called later.
    ///   - take: owns what it is given.
    init(
        descriptor: CInt, log: Logger, hasRoom: @escaping @Sendable () -> Bool,
        take: @escaping @Sendable (AcceptedConnection) -> Void
    ) {
        self.descriptor = descriptor
        self.log = log
        self.hasRoom = hasRoom
        self.take = take
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
        source.setEventHandler { [weak self] in self?.acceptAll() }
        source.resume()
    }

    /// There may be room again.
    func madeRoom() { queue.async { self.resume(from: .noRoom) } }

    /// Accepts nothing more and closes the descriptor. Returns once that is done; called once.
    func stop() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.source.setCancelHandler {
                    close(self.descriptor)
                    continuation.resume()
                }
                self.source.cancel()
                // A source that sleeps does not hear of its end.
                if let pause = self.pause { self.resume(from: pause) }
            }
        }
    }

    // MARK: On the queue

    private func acceptAll() {
        while pause == nil, !source.isCancelled {
            guard hasRoom() else { return pause(for: .noRoom) }
            guard !DescriptorReserve.isReached() else { return waitForDescriptors(EMFILE) }
            if let accepted = accept() {
                pauseCount = 0
                take(accepted)
                continue
            }
            switch errno {
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return
            case let code: return waitForDescriptors(code)
            }
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
        queue.asyncAfter(deadline: .now() + Self.shortagePause) { [weak self] in self?.resume(from: .noDescriptor) }
    }

    private func pause(for reason: Pause) {
        pause = reason
        source.suspend()
    }

    private func resume(from reason: Pause) {
        guard pause == reason else { return }
        pause = nil
        source.resume()
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
