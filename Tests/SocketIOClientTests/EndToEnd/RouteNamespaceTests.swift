import SocketIOClient
import Testing

/// How namespaces are joined and left, on every way to a server.
@Suite("Client's namespaces on every route", .inTurns, .timeLimit(.minutes(5)))
struct RouteNamespaceTests {
    @Test("one is refused: connect throws and none stays joined; without wait the others stay", arguments: Route.all)
    func refused(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let seen = Seen<String>()
        for namespace in ["/", "/chat", "/admin"] {
            client.on("connect", namespace: namespace) { seen.add("\(namespace) connect") }
            client.on("disconnect", namespace: namespace) { (reason: String) in seen.add("\(namespace) \(reason)") }
            client.on("connect_error", namespace: namespace) { (arguments: Arguments) in
                seen.add("\(namespace) \(arguments.values)")
            }
        }
        let error = try await clientError { _ = try await route.connected(client, auth: ["token": "wrong"]) }
        #expect(error.code == .namespaceRefused)
        #expect(error.message == #"the server refused /admin: {"message":"denied","data":{"code":7}}"#)
        #expect(error.data == ["message": "denied", "data": ["code": 7]])
        #expect(!client.connected && client.namespaces.isEmpty && !client.reconnecting)
        let joined = ["/ connect", "/chat connect"]
        let left = ["/ client disconnect", "/chat client disconnect"]
        let refused = #"/admin [{"message":"denied","data":{"code":7}}]"#
        #expect(try await seen.wait(for: 5).sorted() == (joined + left + [refused]).sorted())

        try await client.connect(
            route.url, transports: route.transports, wait: false, waitTimeout: .seconds(patience))
        #expect(try await seen.wait(for: 8).suffix(3).sorted() == (joined + [refused]).sorted())
        #expect(Set(client.namespaces.keys) == ["/", "/chat"])
        #expect(try await client.call("ask", 1, namespace: "/chat") == 1)
        try await client.disconnect()

        _ = try await route.connected(client, auth: ["token": "secret"])
        #expect(Set(client.namespaces.keys) == ["/", "/chat", "/admin"])
        #expect(client.sid(for: "/admin") != nil && client.sid(for: "admin") == client.sid(for: "/admin"))
        try await client.disconnect()
    }

    /// Joins `/` and `/chat`. Returns with what handlers of `disconnect` are told, and what waits for acks in each.
    private func joinBoth(
        _ client: Client, _ route: Route
    ) async throws -> (seen: Seen<String>, inRoot: Unanswered, inChat: Unanswered) {
        let seen = Seen<String>()
        for namespace in ["/", "/chat"] {
            client.on("disconnect", namespace: namespace) { (reason: String) in seen.add("\(namespace) \(reason)") }
        }
        _ = try await route.connected(client)
        return try await (seen, Unanswered(client), Unanswered(client, in: "/chat"))
    }

    @Test(
        "disconnect(namespace:): its acks fail and the others stay; the last ends the connection", arguments: Route.all)
    func left(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let (seen, inRoot, inChat) = try await joinBoth(client, route)
        try await client.disconnect(namespace: "chat")
        #expect(seen.all == ["/chat client disconnect"])
        #expect(try await inChat.ends() == [.disconnected, .disconnected])
        #expect(Set(client.namespaces.keys) == ["/"] && client.connected)
        #expect(try await clientError { try await client.emit("x", namespace: "/chat") }.code == .badNamespace)
        #expect(try await clientError { try await client.disconnect(namespace: "/chat") }.code == .badNamespace)
        #expect(try await client.call("ask", 1) == 1)

        try await client.disconnect(namespace: "/")
        try await bounded("wait") { try await client.wait() }
        #expect(try await inRoot.ends() == [.disconnected, .disconnected])
        #expect(seen.all == ["/chat client disconnect", "/ client disconnect"])
        #expect(!client.connected && !client.reconnecting && client.transport == nil)
    }

    @Test("the server ends one: its acks fail; with the last the connection ends for good", arguments: Route.all)
    func ended(route: Route) async throws {
        let client = try await route.eagerClient()
        let (seen, inRoot, inChat) = try await joinBoth(client, route)
        try await client.emit("leave", namespace: "/chat")
        #expect(try await seen.wait(for: 1) == ["/chat server disconnect"])
        #expect(try await inChat.ends() == [.disconnected, .disconnected])
        #expect(Set(client.namespaces.keys) == ["/"] && client.connected)
        #expect(try await client.call("ask", 1) == 1)

        try await client.emit("leave")
        try await bounded("wait") { try await client.wait() }
        #expect(try await inRoot.ends() == [.disconnected, .disconnected])
        #expect(try await seen.wait(for: 2) == ["/chat server disconnect", "/ server disconnect"])
        #expect(!client.connected && !client.reconnecting && client.transport == nil)
    }

    private final class Chat: ClientNamespace, @unchecked Sendable {
        let seen = Seen<String>()

        override func addHandlers() {
            on("connect") { [seen] in seen.add("connect") }
            on("disconnect") { [seen] (reason: String) in seen.add("disconnect \(reason)") }
            on("hello", onHello)
            on("sum") { (a: Int, b: Int) in a + b }
            once("once") { [seen] in seen.add("once") }
        }

        func onHello(_ name: String) async throws -> String {
            let back: String = try await call("ask", name + "!")
            try await emit("count", 1)
            seen.add(back)
            return back
        }
    }

    @Test("ClientNamespace: its handlers, and emit, send, call and disconnect in its namespace", arguments: Route.all)
    func object(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let chat = Chat("chat")
        #expect(try await clientError { try await chat.emit("x") }.code == .notConnected)
        client.registerNamespace(chat)
        _ = try await route.connected(client)
        #expect(Set(client.namespaces.keys) == ["/chat"])
        #expect(chat.sid == client.sid(for: "/chat") && chat.sid != nil)
        #expect(try await chat.call("call-me", "hello", "Ada") == ["Ada!"])
        #expect(try await chat.call("call-me", "sum", 1, 2) == [3])
        try await chat.send("hi")
        #expect(try await chat.call("call-me", "once") == [])
        #expect(try await chat.call("call-me", "once") == [])
        let log = try await chat.call("log-of", .string(chat.sid ?? ""))
        #expect(log.array?.contains { $0["name"] == "message" && $0["args"] == ["hi"] } == true)
        #expect(log.array?.contains { $0["name"] == "count" && $0["args"] == [1] } == true)
        #expect(log.array?.allSatisfy { $0["namespace"] == "/chat" } == true)
        try await chat.disconnect()
        #expect(try await chat.seen.wait(for: 4) == ["connect", "Ada!", "once", "disconnect client disconnect"])
        #expect(chat.sid == nil && !client.connected)
    }
}
