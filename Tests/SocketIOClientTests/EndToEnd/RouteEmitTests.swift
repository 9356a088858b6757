import SocketIOClient
import Testing

/// What a client emits, and the acks that it gets, on every way to a server.
@Suite("Client.emit, send and call on every route", .inTurns, .timeLimit(.minutes(5)))
struct RouteEmitTests {
    private struct Point: Codable, Hashable {
        let x: Int
        let y: Double?
    }

    @Test("each form of emit takes its arguments there, in the order of the calls", arguments: Route.all)
    func forms(route: Route) async throws {
        let client = try await route.connected(namespaces: ["/", "/chat"])
        let seen = Seen<[SocketIOValue]>()
        client.on("echo") { (arguments: Arguments) in seen.add(arguments.values) }
        try await client.emit("echo")
        try await client.emit("echo", nil)
        try await client.emit("echo", 1, "two", [3, nil], ["four": true])
        try await client.emit("echo", Point(x: 1, y: 2.5), [Point(x: 3, y: nil)])
        try await client.emit("echo", .binary([1, 2]), "x", .binary([3]))
        let (number, name) = (5, "Ada")
        try await client.emit("echo", ["number": number, "name": name])
        try await client.emit("echo", arguments: [6, .binary([7])])
        try client.emitNow("echo", 8, "nine")
        try client.emitNow("echo", Point(x: 10, y: nil))
        try client.emitNow("echo", arguments: [.binary([11]), 12])
        let expected: [[SocketIOValue]] = [
            [], [nil], [1, "two", [3, nil], ["four": true]], [["x": 1, "y": 2.5], [["x": 3]]],
            [.binary([1, 2]), "x", .binary([3])], [["number": 5, "name": "Ada"]], [6, .binary([7])], [8, "nine"],
            [["x": 10]], [.binary([11]), 12],
        ]
        #expect(try await seen.wait(for: expected.count) == expected)

        try await client.send("plain")
        try await client.send(Point(x: 13, y: nil), namespace: "/chat")
        // What comes behind them in its namespace has its ack once they have been noted.
        for (namespace, sent) in [("/", "plain"), ("/chat", ["x": 13])] as [(String, SocketIOValue)] {
            let log = try await client.call(
                "log-of", .string(client.sid(for: namespace) ?? ""), namespace: namespace)
            let messages = log.array?.filter { $0["name"] == "message" }.compactMap { $0["args"] }
            #expect(messages == [[sent]], "\(namespace)")
        }
        try await client.disconnect()
    }

    @Test("a callback gets all arguments of its ack, call what they are as one value", arguments: Route.all)
    func acks(route: Route) async throws {
        let client = try await route.connected(namespaces: ["/", "/chat"])
        let acks = Seen<[SocketIOValue]>()
        try await client.emit("ask", 1, "two", .binary([3])) { acks.add(try $0.get().values) }
        try await client.emit("ask") { acks.add(try $0.get().values) }
        try client.emitNow("ask", [nil]) { acks.add(try $0.get().values) }
        try await client.emit("fence", namespace: "/chat") { acks.add(try $0.get().values) }
        try await client.send("hello", namespace: "/chat") { acks.add(try $0.get().values) }
        let all = try await acks.wait(for: 5)
        #expect(Set(all) == [[1, "two", .binary([3])], [], [[nil]], ["past"], ["unknown", "message"]])

        #expect(try await client.call("ask") == nil)
        #expect(try await client.call("ask", 1, .binary([2])) == [1, .binary([2])])
        #expect(try await client.call("status", namespace: "/chat") == ["ok", 200])
        #expect(try await client.call("ask", arguments: [[1]]).values == [[1]])
        let point: Point = try await client.call("ask", Point(x: 1, y: 2.5))
        #expect(point == Point(x: 1, y: 2.5))
        try await client.disconnect()
    }

    @Test(
        "an ack may be slow; one that does not come in time is a timeout, and hurts nobody else", arguments: Route.all)
    func slow(route: Route) async throws {
        let client = try await route.connected()
        let ends = Seen<String>()
        // Later in coming than those that are asked for behind it.
        async let slow = client.call("answer-after", 0.3, "slow", timeout: .seconds(patience))
        try await client.emit("answer-after", 0.3, "slow too", timeout: .seconds(patience)) {
            ends.add(try $0.get().decode(String.self))
        }
        try await client.emit("never-answer", timeout: .milliseconds(50)) { answer in
            if case .failure(let error) = answer { ends.add(error.code.rawValue) }
        }
        let error = try await clientError { try await client.call("never-answer", timeout: .milliseconds(50)) }
        #expect(error.code == .timeout)
        let late = try await clientError { try await client.call("answer-after", 3, timeout: .milliseconds(20)) }
        #expect(late.code == .timeout)
        #expect(try await client.call("ask", "quick") == "quick")
        #expect(try await slow == "slow")
        #expect(Set(try await ends.wait(for: 2)) == ["timeout", "slow too"])
        #expect(try await client.call("answer-after", 0.01, "on") == "on")
        try await client.disconnect()
    }
}
