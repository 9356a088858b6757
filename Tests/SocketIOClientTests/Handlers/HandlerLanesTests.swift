import LosslessJSON
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import SocketIOCore
import Testing

@testable import SocketIOClient

@Suite("HandlerLanes")
struct HandlerLanesTests {
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
    private let seen = NIOLockedValueBox<[String]>([])

    private func event(_ name: String, in namespace: String = "/") -> HandlerLanes.Item {
        let packet = SocketPacket(kind: .event, namespace: namespace, json: .array([.init(name)]))
        return .delivery(Delivery(namespace: namespace, kind: .event(packet)))
    }

    private func lanes(
        limitBytes: Int = 1 << 20, onRoom: @escaping @Sendable () -> Void = {},
        _ dispatch: @escaping @Sendable (String) async -> Void
    ) -> HandlerLanes {
        HandlerLanes(
            limitBytes: limitBytes, executor: globalConcurrentExecutor,
            dispatch: { delivery in
                guard case .event(let packet) = delivery.kind, let name = packet.eventName else { return }
                await dispatch(name)
            }, onRoom: onRoom)
    }

    private func drain(_ lanes: HandlerLanes, within timeout: TimeAmount = .seconds(300)) async {
        try? await lanes.drain(within: timeout, on: eventLoop)(["/"]).get()
    }

    @Test("runs what is in one lane one after the other, in order, however long each takes")
    func order() async {
        let lanes = lanes { [seen] name in
            await Task.yield()
            seen.withLockedValue { $0.append(name) }
        }
        let names = (0..<1000).map(String.init)
        for name in names { lanes.push(event(name), to: .init(namespace: "/")) }
        await drain(lanes)
        #expect(seen.withLockedValue { $0 } == names)
        #expect(lanes.bytes == 0)
    }

    @Test(
        "runs the lanes of namespaces side by side, and callbacks beside the handlers of theirs",
        .timeLimit(.minutes(5)))
    func sideBySide() async {
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let lanes = lanes { _ in for await _ in reached { break } }
        lanes.push(event("waits"), to: .init(namespace: "/"))
        lanes.push(.callback { reach.yield() }, to: .init(namespace: "/", isOfCallbacks: true))
        await drain(lanes)
        lanes.push(event("waits"), to: .init(namespace: "/"))
        lanes.push(.callback { reach.yield() }, to: .init(namespace: "/other"))
        await drain(lanes)
        #expect(lanes.bytes == 0)
    }

    @Test("is full at its limit, and says once when there is room again", .timeLimit(.minutes(5)))
    func full() async {
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let rooms = NIOLockedValueBox(0)
        let lanes = lanes(limitBytes: 2000, onRoom: { rooms.withLockedValue { $0 += 1 } }) { _ in
            for await _ in released { break }
        }
        for _ in 0..<3 { lanes.push(event("x"), to: .init(namespace: "/")) }
        #expect(lanes.bytes < 2000)
        lanes.push(event("x"), to: .init(namespace: "/"))
        #expect(lanes.bytes >= 2000)
        for _ in 0..<4 { release.yield() }
        await drain(lanes)
        #expect(lanes.bytes < 1000)
        #expect(rooms.withLockedValue { $0 } == 1)
    }

    @Test(
        "does not wait for a lane in one of its own handlers, nor longer than it is told", .timeLimit(.minutes(5)))
    func drainsNotForItself() async {
        let eventLoop = eventLoop
        let box = NIOLockedValueBox<HandlerLanes?>(nil)
        let (released, release) = AsyncStream.makeStream(of: Void.self)
        let lanes = lanes { [seen] name in
            try? await box.withLockedValue { $0 }?.drain(within: .hours(1), on: eventLoop)(["/"]).get()
            seen.withLockedValue { $0.append(name) }
            if name == "stuck" { for await _ in released { break } }
        }
        box.withLockedValue { $0 = lanes }
        lanes.push(event("a"), to: .init(namespace: "/"))
        await drain(lanes)
        lanes.push(event("stuck"), to: .init(namespace: "/"))
        await drain(lanes, within: .milliseconds(1))
        release.yield()
        box.withLockedValue { $0 = nil }
        #expect(seen.withLockedValue { $0.first } == "a")
    }
}
