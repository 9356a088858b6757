import SocketIOClient
import Testing

@Suite("Examples: handlers", .inTurns, .timeLimit(.minutes(5)))
struct HandlerExamples {
    @Test("named by members")
    func members() async throws {
        let print = Printed()
        let client = Client()
        // example: event
        client.event.connect {
            print("connected")
        }

        client.event.disconnect { (reason: DisconnectReason) in
            print("left:", reason.rawValue)
        }

        client.event.message { data in
            print("message:", data)
        }

        client.event.my_event { (room: String, count: Int) in
            print(room, count)
        }
        // end
        try await client.connect(PythonServer.shared.url)
        try await client.emit("tell", "message", ["text": "hi"])
        try await client.emit("tell", "my_event", "lobby", 3)
        try await print.lines.wait(for: 3)
        try await client.disconnect()
        try await print.expect("connected", #"message: {"text":"hi"}"#, "lobby 3", "left: client disconnect")
    }

    @Test("named by strings, with answers")
    func strings() async throws {
        let print = Printed()
        let client = Client()
        // example: on
        client.on("my message") { data in
            print("got", data)
        }

        client.on("how many") { (room: String) in
            return 3
        }

        client.on("where") {
            return Ack("lobby", 7)
        }
        // end
        try await client.connect(PythonServer.shared.url)
        #expect(try await client.call("call_me", "x") == ["unknown", "call_me"])
        #expect(try await client.call("call-me", "my message", 1) == [])
        #expect(try await client.call("call-me", "how many", "lobby") == [3])
        #expect(try await client.call("call-me", "where") == ["lobby", 7])
        try await print.expect("got 1")
        try await client.disconnect()
    }

    @Test("once and off")
    func once() async throws {
        let print = Printed()
        let client = Client()
        // example: once
        client.once("news") { (text: String) in
            print("first:", text)
        }

        let id = client.onAny { context in
            print("saw", context.name)
        }
        // end
        try await client.connect(PythonServer.shared.url)
        _ = try await client.call("call-me", "news", "a")
        _ = try await client.call("call-me", "news", "b")
        // example: off
        client.off(id)
        client.off("news")
        // end
        _ = try await client.call("call-me", "news", "c")
        try await print.expect("saw news", "first: a", "saw news")
        try await client.disconnect()
    }

    @Test("catch-all")
    func catchAll() async throws {
        let print = Printed()
        let client = Client()
        // example: catch-all
        client.on("*") { (event: String, arguments: Arguments) in
            print(event, arguments.values)
        }

        client.on("news", namespace: "*") { (namespace: String, text: String) in
            print(namespace, text)
        }
        // end
        try await client.connect(PythonServer.shared.url, namespaces: ["/", "/chat"])
        _ = try await client.call("call-me", "anything", 1, 2)
        _ = try await client.call("call-me", "news", "hi", namespace: "/chat")
        try await print.expect("anything [1, 2]", "/chat hi")
        try await client.disconnect()
    }

    @Test("namespaces by argument")
    func namespaces() async throws {
        let url = try await PythonServer.shared.url
        let print = Printed()
        let client = Client()
        // example: namespaces
        client.on("message", namespace: "/chat") { (text: String) in
            print("chat:", text)
        }

        client.event(namespace: "/chat").joined { (user: String) in
            print(user, "joined")
        }

        try await client.connect(url)
        try await client.emit("my event", "hello", namespace: "/chat")
        // end
        #expect(Array(client.namespaces.keys) == ["/chat"])
        _ = try await client.call("call-me", "message", "hi", namespace: "/chat")
        _ = try await client.call("call-me", "joined", "ada", namespace: "/chat")
        try await print.expect("chat: hi", "ada joined")
        try await client.disconnect()
    }

    @Test("namespaces as classes")
    func classes() async throws {
        let client = Client()
        // example: class
        final class Chat: ClientNamespace, @unchecked Sendable {
            override func addHandlers() {
                on("connect") { print("joined") }
                on("message", onMessage)
            }

            func onMessage(_ text: String) async throws -> String {
                try await emit("seen", text)
                return "ok"
            }
        }

        client.registerNamespace(Chat("/chat"))
        // end
        try await client.connect(PythonServer.shared.url)
        #expect(try await client.call("call-me", "message", "hi", namespace: "/chat") == ["ok"])
        let log = try await client.call("log-of", .string(client.sid(for: "/chat") ?? ""), namespace: "/chat")
        #expect(log.array?.last?["name"] == "seen" && log.array?.last?["args"] == ["hi"])
        try await client.disconnect()
    }

    @Test("middleware")
    func middleware() async throws {
        let print = Printed()
        let client = Client()
        // example: middleware
        client.middleware { context, next in
            print("before", context.name)
            let ack = try await next(context)
            print("after", context.name)
            return ack
        }

        client.middleware { context, next in
            guard context.name != "noise" else { return nil }
            var context = context
            if context.name == "shout" { context.name = "chat" }
            return try await next(context)
        }

        client.on("chat") { (text: String) in
            print(text)
        }
        // end
        try await client.connect(PythonServer.shared.url)
        try await client.emit("tell", "noise")
        _ = try await client.call("call-me", "shout", "hi")
        try await print.expect(
            "before connect", "after connect", "before noise", "after noise", "before shout", "hi", "after shout")
        client.removeAllHandlers()
        try await client.disconnect()
    }

    @Test("exception handlers")
    func exceptionHandlers() async throws {
        let print = Printed()
        let client = Client()
        // example: exceptions
        struct InvalidText: Error {
            let reason: String
        }

        client.exceptionHandler(for: InvalidText.self) { error, context in
            return ["error": error.reason]
        }

        client.exceptionHandler { error, context in
            print("\(context.name) failed: \(error)")
        }

        client.on("chat") { (text: String) in
            guard !text.isEmpty else { throw InvalidText(reason: "empty") }
            print(text)
        }
        // end
        try await client.connect(PythonServer.shared.url)
        #expect(try await client.call("call-me", "chat", "") == [["error": "empty"]])
        try await client.emit("tell", "chat", 7)
        try await print.expect("chat failed: decoding: args[0]: expected String, found the number 7")
        try await client.disconnect()
    }

    @Test("a sequence of events")
    func sequence() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: sequence
        let ticks = client.events("tick")
        try await client.emit("burst", 3)
        for try await tick in ticks {
            print(tick.name, tick.arguments)
            if tick.arguments == [2] { break }
        }
        // end
        try await print.expect("tick [0]", "tick [1]", "tick [2]")
        try await client.disconnect()
    }
}
