import NIOCore
import NIOPosix
import Testing

@testable import SocketIOClient

@Suite("EventQueue", .timeLimit(.minutes(5)))
struct EventQueueTests {
    private let queue = EventQueue(
        limit: 3, limitBytes: 100, eventLoop: MultiThreadedEventLoopGroup.singleton.next())

    private func event(_ name: String) -> EventContext {
        EventContext(namespace: "/", name: name, arguments: [], socketID: nil, wantsAck: false)
    }

    @Test("gives events in order, whether they came before the reader or after")
    func order() async throws {
        queue.offer(event("a"), sizeBytes: 1)
        queue.offer(event("b"), sizeBytes: 1)
        #expect(try await queue.next()?.name == "a")
        #expect(try await queue.next()?.name == "b")
        async let next = queue.next()
        queue.offer(event("c"), sizeBytes: 1)
        #expect(try await next?.name == "c")
    }

    @Test("keeps as many as its limit, tells of those that are missing once, and goes on")
    func overflow() async throws {
        for name in ["a", "b", "c", "lost", "lost too"] { queue.offer(event(name), sizeBytes: 1) }
        for name in ["a", "b", "c"] { #expect(try await queue.next()?.name == name) }
        await #expect { try await queue.next() } throws: { ($0 as? SocketIOClientError)?.code == .receiveBufferFull }
        queue.offer(event("d"), sizeBytes: 1)
        #expect(try await queue.next()?.name == "d")
    }

    @Test("counts bytes too, so that few large events fill it")
    func bytes() async throws {
        queue.offer(event("large"), sizeBytes: 1000)
        queue.offer(event("lost"), sizeBytes: 1)
        #expect(try await queue.next()?.name == "large")
        await #expect { try await queue.next() } throws: { ($0 as? SocketIOClientError)?.code == .receiveBufferFull }
    }

    @Test("gives up after its time, and where the task is cancelled")
    func givesUp() async throws {
        await #expect { try await queue.next(timeout: .milliseconds(1)) } throws: {
            ($0 as? SocketIOClientError)?.code == .timeout
        }
        let task = Task { [queue] in try await queue.next() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        queue.offer(event("a"), sizeBytes: 1)
        #expect(try await queue.next()?.name == "a")
    }

    @Test("ends for all readers, behind what was kept")
    func ends() async throws {
        queue.offer(event("kept"), sizeBytes: 1)
        queue.finish()
        queue.offer(event("too late"), sizeBytes: 1)
        #expect(try await queue.next()?.name == "kept")
        #expect(try await queue.next() == nil)
        #expect(try await queue.next() == nil)
    }
}
