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
