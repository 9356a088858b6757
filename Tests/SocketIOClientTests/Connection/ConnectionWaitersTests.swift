import NIOCore
import NIOEmbedded
import Testing

@testable import SocketIOClient

@Suite("ConnectionWaiters")
struct ConnectionWaitersTests {
    private let eventLoop = EmbeddedEventLoop()

    @Test("gives those out for whose namespace it is clear, and keeps the others")
    func join() throws {
        var waiters = ConnectionWaiters()
        let promises = (0..<3).map { _ in eventLoop.makePromise(of: Bool.self) }
        for (index, namespace) in ["/", "/chat", "/"].enumerated() {
            waiters.waitForJoin(of: namespace, index + 1, promises[index])
        }
        let unclear = waiters.takeForJoin { _ in nil }
        #expect(unclear.isEmpty)
        let settled = waiters.takeForJoin { $0 == "/" ? true : nil }
        #expect(settled.map(\.isJoined) == [true, true])
        for each in settled { each.promise.succeed(each.isJoined) }
        let rest = waiters.takeForJoin { _ in false }
        #expect(rest.map(\.isJoined) == [false])
        for each in rest { each.promise.succeed(each.isJoined) }
        #expect(try promises.map { try $0.futureResult.wait() } == [true, false, true])
        let none = waiters.takeForJoin { _ in true }
        #expect(none.isEmpty)
    }

    @Test("gives out what waits by an id, and then all that wait for the end")
    func end() throws {
        var waiters = ConnectionWaiters()
        let ends = (0..<3).map { _ in eventLoop.makePromise(of: Void.self) }
        let join = eventLoop.makePromise(of: Bool.self)
        for (index, promise) in ends.enumerated() { waiters.waitForEnd(index, promise) }
        waiters.waitForJoin(of: "/", 1, join)
        let gone = waiters.take(1)
        #expect(gone.forEnd.count == 1 && gone.forJoin.count == 1)
        for promise in gone.forEnd { promise.succeed() }
        for promise in gone.forJoin { promise.succeed(false) }
        let none = waiters.takeForJoin { _ in true }
        #expect(none.isEmpty)
        let left = waiters.takeForEnd()
        let after = waiters.takeForEnd()
        #expect(left.count == 2 && after.isEmpty)
        for promise in left { promise.succeed() }
        for promise in ends { try promise.futureResult.wait() }
    }
}
