import NIOConcurrencyHelpers
import Testing

@testable import SiphonInspector

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("ReadinessThread", .timeLimit(.minutes(5)))
struct ReadinessThreadTests {
    private let thread: ReadinessThread

    init() throws { thread = try #require(ReadinessThread()) }

    /// Two ends of a stream.
    private func ends() throws -> (near: CInt, far: CInt) {
        var ends: [CInt] = [0, 0]
        #if canImport(Glibc)
            let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #else
            let type = SOCK_STREAM
        #endif
        try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
        return (ends[0], ends[1])
    }

    /// What it says when it is asked on the thread, once it has done what it was given before.
    private func watchedCount() async -> Int {
        await withCheckedContinuation { continuation in
            thread.execute { [thread] in continuation.resume(returning: thread.watchedCount) }
        }
    }

    /// Returns once the thread has done what it was given before.
    private func settle() async { _ = await watchedCount() }

    @Test("executes jobs one after the other, from whatever thread they come")
    func jobs() async {
        let sums = NIOLockedValueBox<[Int: [Int]]>([:])
        await withDiscardingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<100 {
                        thread.execute { sums.withLockedValue { $0[task, default: []].append(number) } }
                    }
                }
            }
        }
        await settle()
        #expect(sums.withLockedValue { $0 == Dictionary(uniqueKeysWithValues: (0..<8).map { ($0, Array(0..<100)) }) })
        thread.stop()
    }

    @Test("calls again while there is something to read, and at the end; not for what is forgotten")
    func watches() async throws {
        let (near, far) = try ends()
        let (silent, silentFar) = try ends()
        let (calls, continuation) = AsyncStream.makeStream(of: Int.self)
        thread.execute { [thread] in
            thread.watch(silent) { continuation.yield(-2) }
            thread.forget(silent)
            thread.watch(near) {
                var byte: UInt8 = 0
                let count = read(near, &byte, 1)
                if count <= 0 { thread.forget(near) }
                continuation.yield(count == 1 ? Int(byte) : -1)
            }
        }
        write(silentFar, [9] as [UInt8], 1)
        write(far, [1, 2] as [UInt8], 2)
        close(far)
        var seen: [Int] = []
        for await call in calls.prefix(3) { seen.append(call) }
        #expect(seen == [1, 2, -1])
        #expect(await watchedCount() == 0)
        // It has polled again in between, and neither is called.
        for _ in 0..<3 { await settle() }
        continuation.finish()
        #expect(await calls.reduce(into: []) { $0.append($1) } == [])
        thread.stop()
        [near, silent, silentFar].forEach { _ = close($0) }
    }

    @Test("a watch tells once that the client has gone")
    func hangUp() async throws {
        let (near, far) = try ends()
        let (hangUps, continuation) = AsyncStream.makeStream(of: Void.self)
        let watch = try #require(HangUpWatch(descriptor: near, on: thread) { continuation.yield() })
        #expect(await watchedCount() == 1)
        close(far)
        for await _ in hangUps.prefix(1) {}
        #expect(await watchedCount() == 0)
        watch.cancel()
        await settle()
        continuation.finish()
        #expect(await hangUps.reduce(into: 0) { count, _ in count += 1 } == 0)
        thread.stop()
        close(near)
    }

    @Test("a watch that is cancelled tells nothing and leaves no descriptor")
    func cancelled() async throws {
        let (near, far) = try ends()
        let isTold = NIOLockedValueBox(false)
        let watch = try #require(HangUpWatch(descriptor: near, on: thread) { isTold.withLockedValue { $0 = true } })
        watch.cancel()
        #expect(await watchedCount() == 0)
        close(near)
        // The other side's end comes once no descriptor is left; a program that starts just now may have a copy.
        var end = pollfd(fd: far, events: Int16(POLLIN), revents: 0)
        #expect(poll(&end, 1, 10_000) == 1)
        await settle()
        #expect(!isTold.withLockedValue { $0 })
        thread.stop()
        close(far)
    }

    private final class Held: Sendable {}

    @Test("does what it was given before it is stopped, and nothing after it; then it is gone")
    func stops() async throws {
        thread.stop()
        weak var ending: ReadinessThread?
        weak var dropped: Held?
        let isDone = NIOLockedValueBox(false)
        do {
            let thread = try #require(ReadinessThread())
            ending = thread
            thread.execute { isDone.withLockedValue { $0 = true } }
            thread.stop()
            thread.stop()
            let held = Held()
            dropped = held
            #expect(!thread.execute { withExtendedLifetime(held) {} })
            #expect(HangUpWatch(descriptor: 0, on: thread) {} == nil)
        }
        #expect(dropped == nil)
        while ending != nil { await Task.yield() }
        #expect(isDone.withLockedValue { $0 })
    }
}
