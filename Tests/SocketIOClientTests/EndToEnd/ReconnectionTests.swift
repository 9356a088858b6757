import NIOConcurrencyHelpers
import SocketIOClient
import Testing

@Suite("Client's reconnection", .inTurns, .timeLimit(.minutes(5)))
struct ReconnectionTests {
    private func patient(_ client: Client, _ url: String, namespaces: [String]? = nil) async throws {
        try await client.reach(url, transports: [.websocket], namespaces: namespaces)
    }

    @Test("a connection that is cut in the middle, again and again: nothing is left hanging")
    func cut() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager()
        let connects = Seen<Void>()
        client.on("connect") { connects.add(()) }
        // A poll that is cut before a byte of its answer came is made anew, and its session goes on.
        try await client.reach(relay.url, transports: [.websocket])
        for round in 1...5 {
            try await connects.wait(for: round)
            let calls = (0..<20).map { number in
                Task { try await client.call("answer-after", 0.01, number, timeout: .seconds(300)) }
            }
            try await client.emit("flood", 100, 10_000)
            relay.cut()
            for call in calls {
                _ = try? await bounded("a call's end") { try await call.value }
            }
        }
        try await connects.wait(for: 6)
        #expect(try await client.call("ask", "still there") == "still there")
        try await client.disconnect()
    }

    @Test("Siphon is killed and comes back: the client connects again through it")
    func siphon() async throws {
        var siphon: SiphonProcess? = try await SiphonProcess.start(before: PythonServer.shared.url)
        let port = try #require(siphon?.port)
        let client = Client.eager()
        let reasons = Seen<DisconnectReason>()
        client.on("disconnect") { (reason: DisconnectReason) in reasons.add(reason) }
        try await client.reach(try #require(siphon).url)
        #expect(try await client.call("ask", 1) == 1)
        try await siphon?.kill()
        #expect(try await reasons.wait(for: 1) == [.transportError])
        siphon = try await SiphonProcess.start(before: PythonServer.shared.url, listen: "127.0.0.1:\(port)")
        try await eventually("the connection") { client.connected }
        #expect(try await client.call("ask", 2) == 2)
        try await client.disconnect()
    }

    @Test("reconnectionAttempts: after so many wait returns", arguments: [1, 3])
    func exhausted(attempts: Int) async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager(attempts: attempts)
        let errors = Seen<String>()
        client.on("connect_error") { (text: String) in errors.add(text) }
        try await patient(client, relay.url)
        let waiting = Task { try await client.wait() }
        let before = relay.count
        relay.shut()
        try await bounded("wait") { try await waiting.value }
        #expect(relay.count - before == attempts)
        try await errors.wait(for: attempts)
        #expect(!client.connected && !client.reconnecting)
        #expect(try await clientError { try await client.emit("x") }.code == .notConnected)
    }

    @Test("attempts are counted anew after each that succeeds")
    func countedAnew() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager(attempts: 2)
        let connects = Seen<Void>()
        client.on("connect") { connects.add(()) }
        try await patient(client, relay.url)
        for round in 1...4 {
            try await connects.wait(for: round)
            relay.cut()
        }
        try await connects.wait(for: 5)
        try await client.disconnect()
    }

    @Test("reconnection: false: the loss is the end")
    func disabled() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client(reconnection: false)
        try await patient(client, relay.url)
        relay.cut()
        try await bounded("wait") { try await client.wait() }
        #expect(relay.count == 1 && !client.reconnecting)
    }

    @Test("reconnectionDelay, its maximum and randomizationFactor: how long it waits")
    func delays() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client(
            reconnectionAttempts: 4, reconnectionDelay: .milliseconds(40), reconnectionDelayMax: .milliseconds(100),
            randomizationFactor: 0)
        let moments = Seen<ContinuousClock.Instant>()
        client.on("disconnect") { moments.add(.now) }
        client.on("connect_error") { moments.add(.now) }
        try await patient(client, relay.url)
        relay.shut()
        try await bounded("wait") { try await client.wait() }
        try await moments.wait(for: 5)
        let waits = zip(moments.all.dropFirst(), moments.all).map { $0 - $1 }
        #expect(waits.count == 4)
        // 40, 80, 100, 100; handlers may be told a little late of what comes first.
        for (wait, least) in zip(waits, [25, 65, 85, 85]) { #expect(wait >= .milliseconds(least), "\(waits)") }
        #expect(waits.reduce(.zero, +) >= .milliseconds(300))
    }

    @Test("shutdown and disconnect while reconnecting end it at once")
    func shutdown() async throws {
        for ends in [{ try await $0.shutdown() }, { try await $0.disconnect() }]
            as [@Sendable (Client) async throws -> Void]
        {
            let relay = try await Relay.start(to: PythonServer.shared.port)
            let client = Client(reconnectionDelay: .seconds(300), reconnectionDelayMax: .seconds(300))
            try await patient(client, relay.url)
            relay.shut()
            try await eventually("the loss") { client.reconnecting }
            let waiting = Task { try await client.wait() }
            try await bounded("shutdown") { try await ends(client) }
            try await bounded("wait") { try await waiting.value }
            #expect(!client.reconnecting && relay.count == 1)
        }
    }

    @Test("a namespace that is refused on reconnection: an attempt that failed, others follow")
    func refusedOnReconnection() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager()
        let attempt = NIOLockedValueBox(0)
        let seen = Seen<String>()
        client.on("connect", namespace: "/admin") { seen.add("connect") }
        client.on("connect_error", namespace: "/admin") { seen.add("refused") }
        client.on("disconnect", namespace: "/admin") { seen.add("disconnect") }
        try await client.connect(
            relay.url,
            auth: {
                let number = attempt.withLockedValue {
                    $0 += 1; return $0
                }
                return ["token": number == 2 || number == 3 ? "wrong" : "secret"]
            }, transports: [.websocket], waitTimeout: .seconds(patience))
        try await seen.wait(for: 1)
        relay.cut()
        #expect(try await seen.wait(for: 5) == ["connect", "disconnect", "refused", "refused", "connect"])
        #expect(client.connected)
        try await client.disconnect()
    }

    @Test("waitTimeout is kept for reconnections")
    func waitTimeoutIsKept() async throws {
        let server = try await RawServer.start { connection, number in
            if number > 1 {
                try await connection.open()
                _ = try await connection.hear()
                // Longer than the default of 1 s, within the one that was said.
                try await Task.sleep(for: .milliseconds(1300))
                connection.say(#"40{"sid":"again"}"#)
                try await connection.end()
            } else {
                try await connection.join()
                #expect(try await connection.hear() == #"42["go"]"#)
            }
        }
        let client = Client.eager(attempts: 1)
        try await client.connect(server.url, transports: [.websocket], waitTimeout: .seconds(patience))
        try await client.emit("go")
        try await eventually("the second session") { client.sid == "again" }
        try await client.disconnect()
    }

    @Test("a server that falls silent is lost after its own times")
    func silence() async throws {
        let server = try await PythonServer.start("--ping-interval", "1", "--ping-timeout", "\(2 * slowness)")
        let relay = try await Relay.start(to: server.port)
        let client = Client(reconnection: false)
        let details = Seen<String>()
        client.on("disconnect") { (reason: DisconnectReason, text: String) in details.add("\(reason.rawValue): \(text)")
        }
        try await patient(client, relay.url)
        try await client.sleep(.seconds(1 + 2 * slowness) + .milliseconds(500))
        #expect(client.connected, "heartbeats keep it")
        relay.silence()
        #expect(try await details.wait(for: 1)[0].hasPrefix("transport error: "))
        try await bounded("wait") { try await client.wait() }
    }

    // MARK: What waits

    @Test("offlineBuffer: what is emitted without a connection goes with the next one, in order; volatile does not")
    func offlineBuffer() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager(offlineBuffer: true)
        let seen = Seen<Int>()
        client.on("echo") { (number: Int) in seen.add(number) }
        try await client.emit("echo", 0)
        try await patient(client, relay.url)
        try await seen.wait(for: 1)
        relay.shut()
        try await eventually("the loss") { client.reconnecting }
        for number in 1...50 {
            try await client.emit("echo", number)
            try await client.emit("echo", -number, volatile: true)
        }
        async let answer = client.call("ask", "late", timeout: .seconds(patience))
        let timedOut = try await clientError { try await client.call("echo", 999, timeout: .milliseconds(30)) }
        #expect(timedOut.code == .timeout)
        relay.shut(false)
        #expect(try await seen.wait(for: 51) == Array(0...50))
        #expect(try await answer == "late")
        try await client.disconnect()
        #expect(seen.count == 51)
    }

    @Test("offlineBuffer: what still waits at disconnect is gone, and its acks fail")
    func offlineBufferDropped() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager(offlineBuffer: true)
        let seen = Seen<Int>()
        client.on("echo") { (number: Int) in seen.add(number) }
        try await patient(client, relay.url)
        relay.shut()
        try await eventually("the loss") { client.reconnecting }
        try await client.emit("echo", 1)
        let call = Task { try await client.call("ask", 1, timeout: .seconds(300)) }
        try await client.sleep(.milliseconds(20))
        try await client.shutdown()
        #expect(try await clientError { _ = try await call.value }.code == .disconnected)
        relay.shut(false)
        try await patient(client, relay.url)
        #expect(try await client.call("ask", 2) == 2)
        #expect(seen.all == [])
        try await client.disconnect()
    }

    @Test("retries: an event goes again until the server acknowledges it, the next one behind it")
    func retries() async throws {
        let client = try await Client.reaching(retries: 5, ackTimeout: .milliseconds(300))
        let acks = Seen<String>()
        let key = client.sid ?? ""
        try await client.emit("answer-third-time", .string(key)) { acks.add("third \(try $0.get().value)") }
        try await client.emit("ask", "behind") { acks.add("\(try $0.get().value)") }
        #expect(try await acks.wait(for: 2) == ["third 3", #""behind""#])
        let log = try await client.call("log-of", .string(key))
        #expect(log.array?.count { $0["name"] == "answer-third-time" } == 3)
        try await client.disconnect()
    }

    @Test("retries: given up after so many; the next one goes; volatile is left out")
    func retriesExhausted() async throws {
        let client = try await Client.reaching(retries: 1, ackTimeout: .milliseconds(200))
        let acks = Seen<String>()
        try await client.emit("never-answer", 1) { answer in
            if case .failure(let error) = answer { acks.add(error.code.rawValue) }
        }
        try await client.emit("ask", "behind") { acks.add("\(try $0.get().value)") }
        try await client.emit("ask", "at once", volatile: true) { acks.add("\(try $0.get().value)") }
        #expect(try await acks.wait(for: 3) == [#""at once""#, "timeout", #""behind""#])
        let log = try await client.call("log-of", .string(client.sid ?? ""))
        #expect(log.array?.count { $0["name"] == "never-answer" } == 2)
        try await client.disconnect()
    }

    @Test("retries: an event that a loss met goes again on the next connection")
    func retriesOverLoss() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let client = Client.eager(retries: 3, ackTimeout: .seconds(2 * slowness))
        let acks = Seen<String>()
        try await patient(client, relay.url)
        let key = client.sid ?? ""
        try await client.emit("answer-third-time", .string(key)) { acks.add("\(try $0.get().value)") }
        let watcher = try await Client.reaching()
        try await eventually("the first attempt") {
            try await watcher.call("log-of", .string(key)).array?.contains { $0["name"] == "answer-third-time" } == true
        }
        relay.cut()
        try await acks.wait(for: 1)
        #expect(acks.all == ["3"])
        try await client.disconnect()
        try await watcher.disconnect()
    }
}
