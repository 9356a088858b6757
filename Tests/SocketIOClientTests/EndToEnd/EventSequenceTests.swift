import Testing

@testable import SocketIOClient

@Suite("EventSequence", .inTurns, .timeLimit(.minutes(5)))
struct EventSequenceTests {
    @Test("one that only a handler holds goes with it, whichever way that is taken off")
    func heldByHandler() {
        let client = Client()
        for takeOff in [
            { client.off("x") }, { client.on("x") {} }, { client.removeAllHandlers() },
        ] as [() -> Void] {
            listen(client)
            takeOff()
        }
        #expect(client.core.registry.subscribedNamespaces == [])
    }

    private func listen(_ client: Client) {
        let events = client.events("y")
        client.on("x") { for try await _ in events {} }
    }

    /// All that a sequence has until it ends.
    private func all(of events: EventSequence) -> Task<[SocketIOValue], any Error> {
        Task { try await events.reduce(into: []) { $0 += $1.arguments } }
    }

    private func expect(_ values: [SocketIOValue], of task: Task<[SocketIOValue], any Error>) async throws {
        #expect(try await bounded("the end of a sequence", task) == values)
    }

    /// Takes a value there and back.
    private func echo(_ value: SocketIOValue, _ client: Client) async throws {
        try await client.emit("echo", value)
        try await client.call("call-me", "fence")
    }

    @Test("keeps what comes from when it was made on, and ends with the connection")
    func connected() async throws {
        let client = try await Client.reaching()
        try await echo("before", client)
        let events = client.events("echo")
        try await echo(1, client)
        try await echo(2, client)
        try await client.disconnect()
        try await expect([1, 2], of: all(of: events))
    }

    @Test("one made before the first connection has what it brings, and ends with it")
    func beforeConnect() async throws {
        let client = Client()
        let read = all(of: client.events("echo"))
        let unread = client.events("echo")
        try await client.reach(PythonServer.shared.url)
        try await echo(1, client)
        try await client.disconnect()
        try await expect([1], of: read)
        try await expect([1], of: all(of: unread))
    }

    @Test("a connect that fails does not end it: the next one may succeed")
    func failedConnect() async throws {
        let client = Client()
        let events = all(of: client.events("echo"))
        let server = try await RawServer.start { _, _ in }
        #expect(try await clientError { try await client.reach(server.url) }.code == .connectionFailed)
        try await client.reach(PythonServer.shared.url)
        try await echo(1, client)
        try await client.disconnect()
        try await expect([1], of: events)
    }

    @Test("one made after the end of a connection waits for the next")
    func afterTheEnd() async throws {
        let client = try await Client.reaching()
        try await echo("before", client)
        try await client.disconnect()
        let events = all(of: client.events("echo"))
        try await client.reach(PythonServer.shared.url)
        try await echo(1, client)
        try await client.disconnect()
        try await expect([1], of: events)
    }

    @Test("waits for the next one also where handlers of the end still run")
    func beforeTheEndIsHandled() async throws {
        let gate = Gate()
        let client = Client()
        client.on("disconnect") { await gate.pass() }
        let earlier = all(of: client.events("echo"))
        try await client.reach(PythonServer.shared.url)
        try await client.emit("leave")
        try await eventually("the end") { client.core.state.snapshot.isIdle }
        let events = all(of: client.events("echo"))
        gate.open()
        try await expect([], of: earlier)
        try await client.reach(PythonServer.shared.url)
        try await echo(1, client)
        try await client.disconnect()
        try await expect([1], of: events)
    }

    @Test("goes on through a reconnection")
    func reconnection() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager()
        let connects = Seen<Void>()
        client.on("connect") { connects.add(()) }
        let events = all(of: client.events("echo"))
        try await client.reach(relay.url)
        try await echo(1, client)
        relay.cut()
        try await connects.wait(for: 2)
        try await echo(2, client)
        try await client.disconnect()
        try await expect([1, 2], of: events)
    }

    @Test("ends with a client that nobody has any more")
    func clientGone() async throws {
        try await expect([], of: all(of: Client().events()))

        var client: Client? = try await Client.reaching()
        try await client?.disconnect()
        let events = all(of: try #require(client).events())
        client = nil
        try await expect([], of: events)
    }
}
