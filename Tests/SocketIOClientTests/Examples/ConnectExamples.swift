import SocketIOClient
import Testing

/// What stands between `example` and `end` is what the documentation shows: `DocumentationTests` compares them.
@Suite("Examples: connecting", .inTurns, .timeLimit(.minutes(5)))
struct ConnectExamples {
    @Test("with options")
    func options() async throws {
        let url = try await PythonServer.shared.url
        // example: options
        let client = Client(reconnectionDelay: .milliseconds(500), requestTimeout: .seconds(10))
        try await client.connect(
            url, headers: ["X-Team": "blue"], auth: ["token": "secret"], transports: [.websocket],
            namespaces: ["/", "/admin"], waitTimeout: .seconds(5))
        // end
        #expect(Set(client.namespaces.keys) == ["/", "/admin"] && client.transport == .websocket)
        #expect(try await client.call("handshake")["headers"]?["x-team"] == "blue")
        try await client.disconnect()
    }

    @Test("with closures")
    func closures() async throws {
        struct Session {
            func token() async throws -> String { "secret" }
        }
        let url = try await PythonServer.shared.url
        let session = Session()
        let client = Client()
        // example: closures
        try await client.connect(url, auth: { ["token": .string(try await session.token())] })
        // end
        #expect(try await client.call("log-of", .string(client.sid ?? ""))[0]?["auth"] == ["token": "secret"])
        try await client.disconnect()
    }

    @Test("waiting")
    func waiting() async throws {
        let url = try await PythonServer.shared.url
        let client = Client()
        client.on("connect") { try await client.emit("leave") }
        // example: waiting
        try await client.connect(url)
        try await client.wait()
        // end
        #expect(!client.connected)
        client.removeAllHandlers()
    }

    @Test("state")
    func state() async throws {
        let url = try await PythonServer.shared.url
        let print = Printed()
        let client = Client()
        try await client.connect(url, transports: [.websocket], namespaces: ["/", "/chat"])
        // example: state
        if client.connected {
            print("transport:", client.transport?.rawValue ?? "none")
            print("in /:", client.sid ?? "", "in /chat:", client.sid(for: "/chat") ?? "")
            print("namespaces:", client.namespaces.keys.sorted())
        }
        // end
        try await print.expect(
            "transport: websocket", "in /: \(client.sid ?? "?") in /chat: \(client.sid(for: "/chat") ?? "?")",
            #"namespaces: ["/", "/chat"]"#)
        try await client.disconnect()
        #expect(client.transport == nil && client.sid == nil)
    }

    @Test("errors of connect")
    func connectErrors() async throws {
        let url = try await PythonServer.shared.url
        let print = Printed()
        let client = Client()
        // example: connect-errors
        client.event(namespace: "/admin").connect_error { data in
            print("refused:", data["message"]?.string ?? "")
        }

        do {
            try await client.connect(url, namespaces: ["/admin"])
        } catch let error as SocketIOClientError where error.code == .namespaceRefused {
            print("not connected:", error.message)
        }
        // end
        #expect(
            print.lines.all == [
                "refused: denied",
                #"not connected: the server refused /admin: {"message":"denied","data":{"code":7}}"#,
            ])
    }

    @Test("errors of calls")
    func callErrors() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: call-errors
        do {
            let answer = try await client.call("never-answer", timeout: .milliseconds(100))
            print("answered:", answer)
        } catch let error as SocketIOClientError {
            switch error.code {
            case .timeout: print("no answer in time")
            case .disconnected: print("the connection ended before the answer came")
            case .notConnected, .badNamespace: print("connect to it first")
            default: throw error
            }
        }
        // end
        try await print.expect("no answer in time")
        try await client.disconnect()
    }

    @Test("cleaning up")
    func cleaningUp() async throws {
        let url = try await PythonServer.shared.url
        let client = Client()
        client.on("news") {}
        try await client.connect(url, namespaces: ["/", "/chat"])
        // example: cleaning-up
        client.off("news")
        try await client.disconnect(namespace: "/chat")
        try await client.disconnect()
        // end
        #expect(!client.connected && !client.reconnecting)

        let lost = Client(reconnectionDelay: .seconds(300), reconnectionDelayMax: .seconds(300))
        let server = try await PythonServer.start()
        try await lost.connect(server.url)
        try await server.kill()
        try await eventually("a reconnection") { lost.reconnecting }
        try await bounded("shutdown") {
            // example: shutdown
            try await lost.shutdown()
            // end
        }
        #expect(!lost.reconnecting)
    }

    @Test("the simple client")
    func simple() async throws {
        let url = try await PythonServer.shared.url
        let print = Printed()
        // example: simple
        let client = SimpleClient()
        try await client.connect(url)
        try await client.emit("echo", "hello", 1)
        let event = try await client.receive(timeout: .seconds(5))
        print(event.name, event.arguments)
        let total = try await client.call("add", 1, 2)
        print(total)
        try await client.disconnect()
        // end
        try await print.expect(#"echo ["hello", 1]"#, "3")
    }
}
