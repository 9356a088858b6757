import NIOConcurrencyHelpers

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One thread that waits until descriptors can be read, or are at their end, and calls what was set for each.
///
/// It polls rather than have Dispatch do it: on Linux, sources of descriptors that come and go leave a freed one for
/// Dispatch's own thread to find, and the process ends (swift-corelibs-libdispatch, issue 949).
///
/// Must be stopped: until then the thread keeps it alive. Unchecked: what `run` and `watch` use is touched on the
/// thread alone.
final class ReadinessThread: @unchecked Sendable {
    private struct State {
        /// As many as callers have things to say: two for each stream, and one where there is room for a connection
        /// again.
        var jobs: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private let state = NIOLockedValueBox(State())
    /// A pipe: a byte in it ends the wait.
    private let bell: (ears: CInt, rope: CInt)
    private var own: pthread_t?
    /// The bell, and what is watched.
    private var polled: [pollfd] = []
    private var actions: [CInt: @Sendable () -> Void] = [:]

    /// Nil where the process has no descriptors or no thread left; `errno` says why.
    init?() {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        for end in ends {
            _ = fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        bell = (ends[0], ends[1])
        polled = [pollfd(fd: bell.ears, events: Int16(POLLIN), revents: 0)]
        guard start() else {
            ends.forEach { _ = close($0) }
            return nil
        }
    }

    /// Calls `job` on the thread. False, and the job is dropped, after `stop`.
    @discardableResult
    func execute(_ job: @escaping @Sendable () -> Void) -> Bool {
        state.withLockedValue { state in
            guard !state.isStopped else { return false }
            state.jobs.append(job)
            if state.jobs.count == 1 { ring() }
            return true
        }
    }

    /// Ends the thread once what it was given before has been done. What is watched then is forgotten, not closed.
    func stop() {
        state.withLockedValue { state in
            guard !state.isStopped else { return }
            state.isStopped = true
            ring()
        }
    }

    /// With the lock held, as the thread closes the bell once it has seen that it is stopped.
    private func ring() { _ = write(bell.rope, [0] as [UInt8], 1) }

    // MARK: On the thread

    private var isHere: Bool { own.map { pthread_equal($0, pthread_self()) != 0 } ?? false }

    /// How many descriptors are watched.
    var watchedCount: Int { polled.count - 1 }

    /// Calls `action` whenever there is something to read, until the descriptor is forgotten.
    ///
    /// - Parameter action: must not block, and may find nothing to read.
    func watch(_ descriptor: CInt, _ action: @escaping @Sendable () -> Void) {
        assert(isHere)
        if actions.updateValue(action, forKey: descriptor) == nil {
            polled.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
    }

    /// The descriptor may be closed from now on.
    func forget(_ descriptor: CInt) {
        assert(isHere)
        actions[descriptor] = nil
        polled.removeAll { $0.fd == descriptor }
    }

    private func run() {
        own = pthread_self()
        while true {
            let (jobs, isStopped) = state.withLockedValue { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopped)
            }
            for job in jobs { job() }
            if isStopped { break }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 else {
                if errno != EINTR { usleep(Self.shortagePause) }
                continue
            }
            for ready in polled where ready.revents != 0 {
                if ready.fd == bell.ears { silenceBell() } else { actions[ready.fd]?() }
            }
        }
        (polled, actions) = ([], [:])
        close(bell.ears)
        close(bell.rope)
    }

    /// How long to rest where the system has no memory to poll with, in microseconds.
    private static let shortagePause: UInt32 = 10_000

    private func silenceBell() {
        var bytes = [UInt8](repeating: 0, count: 16)
        _ = read(bell.ears, &bytes, bytes.count)
    }

    private func start() -> Bool {
        let this = Unmanaged.passRetained(self)
        #if canImport(Glibc)
            var thread = pthread_t()
        #else
            var thread: pthread_t?
        #endif
        let code = pthread_create(
            &thread, nil,
            { pointer in
                #if canImport(Glibc)
                    guard let pointer else { return nil }
                #endif
                Unmanaged<ReadinessThread>.fromOpaque(pointer).takeRetainedValue().run()
                return nil
            }, this.toOpaque())
        guard code == 0 else {
            this.release()
            errno = code
            return false
        }
        #if canImport(Glibc)
            pthread_detach(thread)
        #else
            if let thread { pthread_detach(thread) }
        #endif
        return true
    }
}
