import NIOConcurrencyHelpers
import SocketIOClient
import Testing

@Suite("Client's handlers", .inTurns, .timeLimit(.minutes(5)))
struct HandlerTests {
    private struct Message: Codable, Hashable {
        let text: String
        var from: String?
    }

    // MARK: on, once, off, event

    @Test("once: for the next event alone")
    func once() async throws {
        let client = try await Client.reaching()
        let seen = Seen<Int>()
        client.once("x") { (number: Int) in seen.add(number) }
        let taken = client.once("y") { (number: Int) in seen.add(number) }
        client.off(taken)
        for number in 0..<3 {
            try await client.tell("x", SocketIOValue(number))
            try await client.tell("y", SocketIOValue(number))
        }
        client.once("z") { (number: Int) in number * 2 }
        #expect(try await client.call("call-me", "z", 4) == [8])
        #expect(try await client.call("call-me", "z", 4) == [])
        client.once("w") { data in seen.add(data.int ?? -1) }
        client.once("v") { data in data }
        try await client.tell("w", 9)
        #expect(try await client.call("call-me", "v", "same") == ["same"])
        #expect(seen.all == [0, 9])
        try await client.disconnect()
    }

    @Test("event: by member, in any namespace")
    func event() async throws {
        let client = try await Client.reaching(namespaces: ["/", "/chat"])
        let seen = Seen<String>()
        client.event.my_event { (text: String) in seen.add(text) }
        client.event(namespace: "/chat").my_event { (text: String) in seen.add("chat " + text) }
        client.event.double { (number: Int) in number * 2 }
        client.event.untyped { data in seen.add(data.description) }
        client.event.same { data in data }
        try await client.tell("my_event", "a")
        try await client.tell("my_event", "b", namespace: "/chat")
        try await client.tell("untyped", [1])
        #expect(seen.all.sorted() == ["[1]", "a", "chat b"])
        #expect(try await client.call("call-me", "double", 21) == [42])
        #expect(try await client.call("call-me", "same", "x") == ["x"])
        try await client.disconnect()
    }

    @Test("onAny and onAnyOutgoing see all, beside the handlers, until off")
    func observers() async throws {
        let client = Client()
        let (came, left) = (Seen<String>(), Seen<String>())
        @Sendable func text(_ context: EventContext) -> String {
            "\(context.namespace) \(context.name) \(context.arguments)"
        }
        let any = client.onAny { came.add(text($0)) }
        let outgoing = client.onAnyOutgoing { left.add(text($0)) }
        let handled = Seen<Int>()
        client.on("x") { (number: Int) in handled.add(number) }
        try await client.reach(PythonServer.shared.url, transports: [.websocket])
        try await client.tell("x", 1)
        try await client.tell("nobody's", 2)
        client.off(any)
        client.off(outgoing)
        try await client.tell("x", 3)
        #expect(came.all.filter { !$0.contains("fence") } == ["/ x [1]", "/ nobody's [2]"])
        #expect(handled.all == [1, 3])
        #expect(left.count == 2)
        #expect(left.all.first == #"/ tell-then-fence ["x", [1], "fence of tell"]"#)
        try await client.disconnect()
    }

    @Test("handlers that are added and taken off while events come")
    func changing() async throws {
        let client = try await Client.reaching()
        let seen = Seen<Int>()
        client.on("tick") { (number: Int) in seen.add(number) }
        let changing = Task {
            while !Task.isCancelled {
                client.off(client.on("other") {})
                client.off(client.onAny { _ in })
                await Task.yield()
            }
        }
        try await client.call("ticks", "tick", 500, timeout: .seconds(patience))
        try await seen.wait(for: 500)
        changing.cancel()
        try await client.disconnect()
    }

    // MARK: Arguments and acks

    @Test("parameters are the event's arguments, decoded")
    func parameters() async throws {
        let client = try await Client.reaching()
        let seen = Seen<String>()
        client.on("two") { (message: Message, number: Int) in seen.add("\(message.text) \(number)") }
        client.on("optional") { (one: String?, two: Int?) in seen.add("\(one ?? "-") \(two.map(String.init) ?? "-")") }
        client.on("rest") { (one: Int, rest: Arguments) in seen.add("\(one) \(rest.values)") }
        client.on("untyped") { data in seen.add(data.description) }
        try await client.tell("two", ["text": "hi"], 5, "left out")
        try await client.tell("optional", "a", 1)
        try await client.tell("optional", nil)
        try await client.tell("rest", 1)
        try await client.tell("rest", 1, "b", nil)
        try await client.tell("untyped")
        try await client.tell("untyped", ["a": 1])
        #expect(seen.all == ["hi 5", "a 1", "- -", "1 []", #"1 ["b", null]"#, "null", #"{"a":1}"#])
        try await client.disconnect()
    }

    @Test("return values are the ack")
    func returns() async throws {
        let client = try await Client.reaching()
        client.on("nothing") {}
        client.on("one") { Message(text: "hi", from: nil) }
        client.on("several") { Ack(1, "two", Message(text: "x")) }
        client.on("none") { Ack() }
        client.on("list") { [1, 2] }
        client.on("null") { Int?.none }
        client.on("value") { SocketIOValue.null }
        client.on("binary") { SocketIOValue.binary([1, 2]) }
        #expect(try await client.call("call-me", "nothing") == [])
        #expect(try await client.call("call-me", "one")[0]?["text"] == "hi")
        #expect(try await client.call("call-me", "several") == [1, "two", ["text": "x"]])
        #expect(try await client.call("call-me", "none") == [])
        #expect(try await client.call("call-me", "list") == [[1, 2]])
        #expect(try await client.call("call-me", "null") == [])
        #expect(try await client.call("call-me", "value") == [nil])
        #expect(try await client.call("call-me", "binary") == [.binary([1, 2])])
        // As python-socketio: an event that nobody handles is acknowledged with nothing.
        #expect(try await client.call("call-me", "nobody's") == [])
        try await client.disconnect()
    }

    @Test("arguments of another shape are an error that says where, and nothing else happens")
    func wrongShapes() async throws {
        let client = try await Client.reaching()
        let (seen, errors) = (Seen<String>(), Seen<String>())
        client.on("typed") { (message: Message, number: Int) in seen.add(message.text) }
        client.exceptionHandler(for: SocketIOClientError.self) { error, context in
            #expect(error.code == .decoding && context.name == "typed")
            errors.add(error.message)
        }
        try await client.tell("typed", ["text": 1], 2)
        try await client.tell("typed", ["text": "x"])
        try await client.tell("typed", ["text": "x"], 1.5)
        try await client.tell("typed")
        try await client.tell("typed", ["text": "right"], 2)
        #expect(seen.all == ["right"])
        let messages = errors.all
        #expect(messages.count == 4)
        #expect(messages.first?.contains("args[0].text") == true, "\(messages)")
        #expect(messages[2].contains("args[1]"), "\(messages)")
        try await client.disconnect()
    }

    // MARK: Order

    @Test("handlers of a namespace run one after the other, in order, however long each takes")
    func oneAfterTheOther() async throws {
        let client = try await Client.reaching()
        let seen = Seen<Int>()
        let running = NIOLockedValueBox(0)
        client.on("tick") { (number: Int) in
            #expect(
                running.withLockedValue {
                    $0 += 1; return $0
                } == 1)
            if number % 100 == 0 { try await Task.sleep(for: .milliseconds(2)) } else { await Task.yield() }
            seen.add(number)
            running.withLockedValue { $0 -= 1 }
        }
        try await client.emit("burst", 2000)
        #expect(try await seen.wait(for: 2000) == Array(0..<2000))
        try await client.disconnect()
    }

    @Test("namespaces run side by side")
    func sideBySide() async throws {
        let client = try await Client.reaching(namespaces: ["/", "/chat"])
        let gate = Gate()
        let seen = Seen<String>()
        client.on("x") {
            await gate.pass()
            seen.add("/")
        }
        client.on("x", namespace: "/chat") {
            seen.add("/chat")
            gate.open()
        }
        try await client.emit("tell", "x")
        try await client.emit("tell", "x", namespace: "/chat")
        #expect(try await seen.wait(for: 2) == ["/chat", "/"])
        try await client.disconnect()
    }

    // MARK: Tasks

    @Test("startBackgroundTask runs beside; what it throws goes to the exception handlers; sleep takes so long")
    func backgroundTask() async throws {
        struct Failure: Error {}
        let client = try await Client.reaching()
        let seen = Seen<String>()
        client.exceptionHandler(for: Failure.self) { _, context in seen.add("caught of \(context.name)") }
        let task = client.startBackgroundTask {
            let start = ContinuousClock.now
            try await client.sleep(.milliseconds(30))
            if ContinuousClock.now - start >= .milliseconds(30) { seen.add("slept") }
            _ = try await client.call("fence")
            throw Failure()
        }
        await task.value
        #expect(seen.all == ["slept", "caught of background task"])
        // That one was cancelled is no failure.
        client.exceptionHandler { error, _ in seen.add("\(error)") }
        let cancelled = client.startBackgroundTask { try await client.sleep(.seconds(300)) }
        cancelled.cancel()
        await cancelled.value
        #expect(seen.count == 2)
        // One that a handler starts outlives it, and may disconnect.
        client.on("end") {
            client.startBackgroundTask {
                try await client.disconnect()
                seen.add("ended")
            }
        }
        try await client.emit("tell", "end")
        try await seen.wait(for: 3)
        #expect(!client.connected)
        client.removeAllHandlers()
    }

    @Test("a handler may disconnect its client")
    func disconnectInHandler() async throws {
        let client = try await Client.reaching()
        let reasons = Seen<String>()
        client.on("disconnect") { (reason: DisconnectReason, details: String) in reasons.add(reason.rawValue) }
        client.on("end") { try await client.disconnect() }
        try await client.emit("tell", "end")
        try await bounded("wait") { try await client.wait() }
        #expect(try await reasons.wait(for: 1) == ["client disconnect"])
        client.removeAllHandlers()
    }
}

extension Client {
    /// Lets the server emit an event, and returns when its handler has run: the next one of its lane has.
    func tell(_ event: String, _ arguments: SocketIOValue..., namespace: String = "/") async throws {
        let done = Seen<Void>()
        let fence = on("fence of tell", namespace: namespace) { done.add(()) }
        defer { off(fence) }
        try await emit(
            "tell-then-fence", .string(event), .array(arguments), "fence of tell", namespace: namespace)
        try await done.wait(for: 1)
    }
}
