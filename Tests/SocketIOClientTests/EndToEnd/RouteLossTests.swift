import SocketIOClient
import Testing

/// What becomes of a client whose connection is lost, on every way to a server.
@Suite("Client's reconnection on every route", .inTurns, .timeLimit(.minutes(5)))
struct RouteLossTests {
    /// One that tries again quickly, with what its handlers of `connect` and `disconnect` were told.
    private func client(_ route: Route) async throws -> (Client, Seen<String>) {
        let client = try await route.eagerClient()
        let seen = Seen<String>()
        for namespace in ["/", "/chat"] {
            client.on("connect", namespace: namespace) { seen.add("\(namespace) connect") }
            client.on("disconnect", namespace: namespace) { (reason: DisconnectReason, details: String) in
                seen.add("\(namespace) \(reason.rawValue)\(details.isEmpty ? ", without details" : "")")
            }
            client.on("add", namespace: namespace) { (left: Int, right: Int) in left + right }
        }
        return (client, seen)
    }

    /// Handlers and acks work in both namespaces.
    private func check(_ client: Client, _ route: Route) async throws {
        for namespace in ["/", "/chat"] {
            #expect(try await client.call("call-me", "add", 2, 40, namespace: namespace) == [42])
            #expect(try await client.call("ask", .binary([1]), namespace: namespace) == .binary([1]))
        }
        #expect(client.connected && !client.reconnecting)
        try await route.settle(client)
    }

    private func told(_ seen: Seen<String>, of namespace: String) -> [String] {
        seen.all.filter { $0.hasPrefix(namespace + " ") }.map { String($0.dropFirst(namespace.count + 1)) }
    }

    @Test("a cut: acks fail, handlers hear why; then namespaces, handlers and acks are back", arguments: Route.all)
    func cut(route: Route) async throws {
        let (url, relay) = try await route.throughRelay()
        let (client, seen) = try await client(route)
        _ = try await route.connected(client, to: url)
        try await check(client, route)
        let sids = client.namespaces
        let unanswered = try await Unanswered(client, in: "/chat")

        relay.shut()
        #expect(try await unanswered.ends() == [.disconnected, .disconnected])
        try await eventually("the loss") { client.reconnecting }
        #expect(!client.connected && client.sid == nil && client.transport == nil)
        #expect(try await clientError { try await client.emit("x") }.code == .notConnected)

        relay.shut(false)
        try await eventually("both namespaces") { client.namespaces.count == 2 }
        #expect(Set(client.namespaces.values).isDisjoint(with: sids.values))
        try await check(client, route)
        try await client.disconnect()
        for namespace in sids.keys {
            let expected = ["connect", "transport error", "connect", "client disconnect"]
            #expect(told(seen, of: namespace) == expected, "\(namespace)")
        }
    }

    @Test("a server that restarts: connects again, joins all namespaces, handlers run again", arguments: Route.all)
    func restart(route: Route) async throws {
        let server = try await route.startServer()
        let relay = try await Relay.start(to: server.port)
        let (client, seen) = try await client(route)
        _ = try await route.connected(client, to: route.url(toServerAt: relay.port))
        try await check(client, route)
        let unanswered = try await Unanswered(client)

        try await server.kill()
        #expect(try await unanswered.ends() == [.disconnected, .disconnected])
        try await eventually("the loss") { client.reconnecting }
        #expect(!client.connected && client.sid == nil && client.transport == nil)

        relay.lead(to: try await route.startServer().port)
        try await eventually("both namespaces") { client.namespaces.count == 2 }
        try await check(client, route)
        try await client.disconnect()
        for namespace in ["/", "/chat"] {
            let expected = ["connect", "transport error", "connect", "client disconnect"]
            #expect(told(seen, of: namespace) == expected, "\(namespace)")
        }
    }

    @Test("a server that ends the Engine.IO session in order: the client connects again", arguments: Route.all)
    func closed(route: Route) async throws {
        let (client, seen) = try await client(route)
        _ = try await route.connected(client)
        let sid = client.sid
        try await client.emit("close-engine")
        try await seen.wait(for: 6)
        #expect(client.sid != nil && client.sid != sid)
        try await check(client, route)
        try await client.disconnect()
        for namespace in ["/", "/chat"] {
            let expected = ["connect", "transport error", "connect", "client disconnect"]
            #expect(told(seen, of: namespace) == expected, "\(namespace)")
        }
    }
}
