#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Tells when a client leaves whose connection is asleep, which libmicrohttpd does not look at. For streams only:
/// there a client has nothing more to say, while elsewhere one that closed its sending half may still await its answer.
///
/// Unchecked: `isOver` is touched on the thread alone.
final class HangUpWatch: @unchecked Sendable {
    /// A copy, which stays open until it is forgotten.
    private let descriptor: CInt
    private let thread: ReadinessThread
    private var isOver = false

    /// Nil where there is no descriptor left, or the thread is stopped. Must be cancelled before the thread is stopped.
    ///
    /// - Parameter action: called on the thread, at most once.
    init?(descriptor: CInt, on thread: ReadinessThread, _ action: @escaping @Sendable () -> Void) {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return nil }
        self.descriptor = copy
        self.thread = thread
        let isWatched = thread.execute {
            thread.watch(copy) {
                var byte: UInt8 = 0
                let count = recv(copy, &byte, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT))
                if count < 0, errno == EAGAIN || errno == EINTR { return }
                self.end()
                if count <= 0 { action() }
            }
        }
        guard isWatched else {
            close(copy)
            return nil
        }
    }

    func cancel() { thread.execute { self.end() } }

    private func end() {
        guard !isOver else { return }
        isOver = true
        thread.forget(descriptor)
        close(descriptor)
    }
}
