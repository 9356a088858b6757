import SocketIOClient
import Testing

@Suite("Client's namespaces", .inTurns, .timeLimit(.minutes(5)))
struct NamespaceTests {
    // MARK: Refused

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

    @Test("wait returns after the handlers of disconnect; in one of them it does not wait for itself")
    func waitsForHandlers() async throws {
        let client = Client()
        let (seen, waited) = (Seen<String>(), Seen<Void>())
        client.on("disconnect") { [weak client] in
            try await client?.wait()
            waited.add(())
            try await Task.sleep(for: .milliseconds(300))
            seen.add("handler")
        }
        try await client.reach(PythonServer.shared.url)
        try await client.emit("leave")
        try await bounded("wait") { try await client.wait() }
        #expect(seen.all == ["handler"] && waited.all.count == 1)
    }

    @Test("wait goes on where a handler of disconnect connects again")
    func waitsForNextConnection() async throws {
        let url = try await PythonServer.shared.url
        let client = Client()
        let ends = Seen<Void>()
        client.on("disconnect") { [weak client] in
            ends.add(())
            guard ends.count == 1 else { return }
            try await client?.reach(url)
            try await client?.emit("leave")
        }
        try await client.reach(url)
        try await client.emit("leave")
        try await bounded("wait") { try await client.wait() }
        #expect(ends.count == 2 && !client.connected)
        client.off("disconnect")
    }

    @Test("wait can be cancelled while it waits for handlers")
    func waitingForHandlersCancelled() async throws {
        let client = Client()
        let gate = Gate()
        client.on("disconnect") { await gate.pass() }
        try await client.reach(PythonServer.shared.url)
        try await client.emit("leave")
        try await eventually("the end") { !client.connected }
        let waiting = Task { try await client.wait() }
        try await Task.sleep(for: .milliseconds(100))
        waiting.cancel()
        await #expect(throws: CancellationError.self) { try await bounded("the cancelled wait", waiting) }
        gate.open()
        try await bounded("wait") { try await client.wait() }
    }

    @Test("the end waits for handlers of all namespaces, also of one that was left before")
    func waitsForLeftNamespaces() async throws {
        let client = Client()
        let seen = Seen<String>()
        client.on("disconnect", namespace: "/chat") {
            try await Task.sleep(for: .milliseconds(300))
            seen.add("handler")
        }
        try await client.reach(PythonServer.shared.url, namespaces: ["/", "/chat"])
        // In a handler, it does not wait.
        client.on("echo") { [weak client] in try await client?.disconnect(namespace: "/chat") }
        try await client.emit("echo")
        try await eventually("that it is left") { client.sid(for: "/chat") == nil }
        try await client.disconnect()
        #expect(seen.all == ["handler"])
    }

    // MARK: Objects

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
