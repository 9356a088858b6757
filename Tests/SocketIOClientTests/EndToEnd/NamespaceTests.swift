import SocketIOClient
import Testing

@Suite("Client's namespaces", .inTurns, .timeLimit(.minutes(5)))
struct NamespaceTests {
    // MARK: Refused

    @Test("a refused namespace: connect throws, connect_error hears what the server said")
    func refused() async throws {
        let client = Client()
        let heard = Seen<[SocketIOValue]>()
        client.on("connect_error", namespace: "/admin") { (arguments: Arguments) in heard.add(arguments.values) }
        let error = try await clientError { try await client.reach(PythonServer.shared.url) }
        #expect(error.code == .namespaceRefused)
        #expect(error.message == #"the server refused /admin: {"message":"denied","data":{"code":7}}"#)
        #expect(error.data == ["message": "denied", "data": ["code": 7]])
        #expect(try await heard.wait(for: 1) == [[["message": "denied", "data": ["code": 7]]]])
        #expect(!client.connected && client.namespaces.isEmpty && !client.reconnecting)
        try await client.reach(PythonServer.shared.url, auth: ["token": "secret"])
        #expect(client.sid(for: "/admin") != nil && client.sid(for: "admin") == client.sid(for: "/admin"))
        try await client.disconnect()
    }

    @Test(
        "what a server refuses with: nothing, a text, a text and data",
        arguments: [
            ([], #"[{"message":"Connection rejected by server"}]"#),
            (["no"], #"[{"message":"no"}]"#),
            (["no", "because"], #"[{"message":"no","data":"because"}]"#),
            (["no", 1, 2], #"[{"message":"no","data":[1,2]}]"#),
        ] as [([SocketIOValue], String)])
    func refusals(arguments: [SocketIOValue], expected: String) async throws {
        let client = Client()
        let heard = Seen<SocketIOValue>()
        client.on("connect_error") { (arguments: Arguments) in heard.add(.array(arguments.values)) }
        let error = try await clientError {
            try await client.reach(PythonServer.shared.url, auth: ["refuse": .array(arguments)])
        }
        #expect(error.code == .namespaceRefused)
        #expect(try await heard.wait(for: 1).map(\.jsonText) == [expected])
    }

    @Test("one of several refused: connect throws and none stays joined; without wait the others stay")
    func oneOfSeveral() async throws {
        let client = Client()
        let seen = Seen<String>()
        for namespace in ["/", "/chat", "/admin"] {
            client.on("connect", namespace: namespace) { seen.add("connect \(namespace)") }
            client.on("disconnect", namespace: namespace) { seen.add("disconnect \(namespace)") }
            client.on("connect_error", namespace: namespace) { seen.add("refused \(namespace)") }
        }
        let error = try await clientError { try await client.reach(PythonServer.shared.url) }
        #expect(error.code == .namespaceRefused && error.message.contains("/admin"))
        #expect(!client.connected && client.namespaces.isEmpty)
        try await eventually("all told") {
            Set(seen.all) == ["connect /", "disconnect /", "connect /chat", "disconnect /chat", "refused /admin"]
        }
        try await client.connect(
            PythonServer.shared.url, wait: false, waitTimeout: .seconds(patience))
        try await seen.wait(for: 8)
        try await eventually("two joined") { Set(client.namespaces.keys) == ["/", "/chat"] }
        #expect(try await client.call("ask", 1, namespace: "/chat") == 1)
        try await client.disconnect()
    }

    @Test("an unknown namespace is refused")
    func unknown() async throws {
        let client = Client()
        let heard = Seen<SocketIOValue>()
        client.on("connect_error", namespace: "/nowhere") { data in heard.add(data) }
        let error = try await clientError { try await client.reach(PythonServer.shared.url) }
        #expect(error.code == .namespaceRefused)
        #expect(try await heard.wait(for: 1)[0] == ["message": "Unable to connect"] || !heard.all[0].isNull)
    }

    // MARK: Ends

    @Test("disconnect(namespace:): the others stay; the last ends the connection")
    func leaveOne() async throws {
        let client = Client()
        let seen = Seen<String>()
        for namespace in ["/", "/chat"] {
            client.on("disconnect", namespace: namespace) { (reason: String) in seen.add("\(namespace) \(reason)") }
        }
        try await client.reach(PythonServer.shared.url)
        try await client.disconnect(namespace: "chat")
        #expect(seen.all == ["/chat client disconnect"])
        #expect(Set(client.namespaces.keys) == ["/"])
        #expect(try await clientError { try await client.emit("x", namespace: "/chat") }.code == .badNamespace)
        #expect(try await clientError { try await client.disconnect(namespace: "/chat") }.code == .badNamespace)
        #expect(try await client.call("ask", 1) == 1)
        try await client.disconnect(namespace: "/")
        try await bounded("wait") { try await client.wait() }
        #expect(seen.all == ["/chat client disconnect", "/ client disconnect"])
        #expect(!client.connected && !client.reconnecting && client.transport == nil)
    }

    @Test("a server that ends the last namespace is not connected to again")
    func serverDisconnect() async throws {
        let client = Client.eager()
        let seen = Seen<String>()
        for namespace in ["/", "/chat"] {
            client.on("disconnect", namespace: namespace) { (reason: String) in seen.add("\(namespace) \(reason)") }
        }
        try await client.reach(PythonServer.shared.url)
        try await client.emit("leave", namespace: "/chat")
        try await seen.wait(for: 1)
        #expect(client.connected)
        try await client.emit("leave")
        try await bounded("wait") { try await client.wait() }
        #expect(try await seen.wait(for: 2) == ["/chat server disconnect", "/ server disconnect"])
        #expect(!client.connected && !client.reconnecting)
    }

    @Test("wait returns when the connection has ended, and can be cancelled")
    func wait() async throws {
        let client = try await Client.reaching()
        let waiting = Task { try await client.wait() }
        let cancelled = Task { try await client.wait() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(client.connected)
        try await client.disconnect()
        try await bounded("wait") { try await waiting.value }
    }

    // MARK: Objects

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

    @Test("ClientNamespace: its handlers, and emit, send, call and disconnect in its namespace")
    func object() async throws {
        let client = Client()
        let chat = Chat("chat")
        #expect(try await clientError { try await chat.emit("x") }.code == .notConnected)
        client.registerNamespace(chat)
        try await client.reach(PythonServer.shared.url)
        #expect(Set(client.namespaces.keys) == ["/chat"])
        #expect(chat.sid == client.sid(for: "/chat") && chat.sid != nil)
        #expect(try await chat.call("call-me", "hello", "Ada") == ["Ada!"])
        #expect(try await chat.call("call-me", "sum", 1, 2) == [3])
        try await chat.send("hi")
        #expect(try await chat.call("call-me", "once") == [])
        #expect(try await chat.call("call-me", "once") == [])
        let log = try await chat.call("log-of", .string(chat.sid ?? ""))
        #expect(log.array?.contains { $0["name"] == "message" && $0["args"] == ["hi"] } == true)
        #expect(log.array?.allSatisfy { $0["namespace"] == "/chat" } == true)
        try await chat.disconnect()
        #expect(try await chat.seen.wait(for: 4) == ["connect", "Ada!", "once", "disconnect client disconnect"])
        #expect(chat.sid == nil)
    }

    @Test("the events of each namespace end with it, and with the connection those of one that was never joined")
    func eventsEnd() async throws {
        let client = try await Client.reaching(namespaces: ["/", "/chat"])
        let ends = Seen<String>()
        for name in ["/", "/chat", "/never"] {
            let events = client.events(namespace: name)
            Task {
                for try await _ in events {}
                ends.add(name)
            }
        }
        try await client.disconnect(namespace: "/chat")
        #expect(try await ends.wait(for: 1) == ["/chat"])
        try await client.disconnect()
        #expect(Set(try await ends.wait(for: 3)) == ["/", "/chat", "/never"])
    }

    private final class Overriding: ClientNamespace, @unchecked Sendable {
        override func addHandlers() { on("known") { "handler" } }

        override func triggerEvent(_ context: EventContext) async throws -> Ack? {
            if context.name == "own" {
                return Ack(SocketIOValue.string(context.namespace), SocketIOValue.array(context.arguments))
            }
            return try await super.triggerEvent(context)
        }
    }

    @Test("ClientNamespace: triggerEvent may be overridden; * takes what nobody else does")
    func triggerEvent() async throws {
        let client = Client()
        client.registerNamespace(Overriding("/chat"))
        client.registerNamespace(Overriding("*"))
        try await client.reach(PythonServer.shared.url, namespaces: ["/", "/chat"])
        #expect(try await client.call("call-me", "own", 1, namespace: "/chat") == ["/chat", [1]])
        #expect(try await client.call("call-me", "known", namespace: "/chat") == ["handler"])
        #expect(try await client.call("call-me", "own", 1)[0] == "/")
        #expect(try await client.call("call-me", "known") == ["handler"])
        #expect(try await client.call("call-me", "nobody's") == [])
        try await client.disconnect()
    }
}
