import NIOConcurrencyHelpers
import SocketIOClient
import Testing

@Suite("Client.connect", .inTurns, .timeLimit(.minutes(5)))
struct ConnectTests {
    // MARK: Parameters

    @Test(
        "auth: each namespace gets it", arguments: [["token": "secret"], "text", [1, [nil]], true] as [SocketIOValue])
    func auth(value: SocketIOValue) async throws {
        let client = Client()
        try await client.reach(PythonServer.shared.url, namespaces: ["/", "/chat"], auth: value)
        for namespace in ["/", "/chat"] {
            let log = try await client.call("log-of", .string(client.sid(for: namespace) ?? ""))
            #expect(log[0]?["auth"] == value)
        }
        try await client.disconnect()
    }

    @Test("transports: the first opens the connection; with polling first an upgrade follows")
    func transports() async throws {
        for (transports, settled) in [
            ([Transport.polling], Transport.polling), ([.websocket], .websocket), ([.websocket, .polling], .websocket),
            ([.polling, .websocket], .websocket), (nil, .websocket),
        ] {
            let client = Client()
            try await client.reach(PythonServer.shared.url, transports: transports)
            try await eventually("\(settled)") { client.transport == settled }
            try await client.disconnect()
        }
        let error = try await clientError {
            try await Client().connect(PythonServer.shared.url, transports: [])
        }
        #expect(error.code == .invalidAddress)
    }

    @Test("namespaces: those with handlers, or /, or those that are named")
    func namespaces() async throws {
        let client = Client()
        try await client.reach(PythonServer.shared.url)
        #expect(Set(client.namespaces.keys) == ["/"])
        try await client.disconnect()

        client.on("x", namespace: "/chat") {}
        client.on("x", namespace: "*") {}
        try await client.reach(PythonServer.shared.url)
        #expect(Set(client.namespaces.keys) == ["/chat"])
        try await client.disconnect()

        try await client.reach(PythonServer.shared.url, namespaces: ["chat", "/", "/chat"])
        #expect(Set(client.namespaces.keys) == ["/", "/chat"])
        try await client.disconnect()

        let error = try await clientError { try await client.reach(PythonServer.shared.url, namespaces: ["/a,b"]) }
        #expect(error.code == .invalidAddress)
    }

    @Test("path: where the server listens for Socket.IO", arguments: ["custom/path", "/custom/path/"])
    func path(path: String) async throws {
        let server = try await PythonServer.start("--path", "custom/path")
        let client = Client()
        try await client.connect(server.url, path: path, waitTimeout: .seconds(patience))
        #expect(client.connected)
        try await client.disconnect()
        let error = try await clientError { try await Client().connect(server.url) }
        #expect(error.code == .handshakeRefused && error.message.contains("404"))
    }

    @Test("wait: false returns once the session is open; the namespaces follow")
    func noWait() async throws {
        let gate = Gate()
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            _ = try await connection.hear()
            await gate.pass()
            connection.say(#"40{"sid":"late"}"#)
            try await connection.end()
        }
        let client = Client()
        let joined = Seen<Void>()
        client.on("connect") { joined.add(()) }
        try await client.connect(server.url, transports: [.websocket], wait: false, waitTimeout: .milliseconds(50))
        #expect(!client.connected && client.transport == .websocket)
        gate.open()
        try await joined.wait(for: 1)
        #expect(client.sid == "late")
        try await client.disconnect()
    }

    @Test(
        "disconnect returns once the server has closed too: what it has not read yet is not lost where a program ends")
    func disconnectWaitsForTheServer() async throws {
        let heard = Seen<String>()
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            for _ in 0..<4 { heard.add(try await connection.hear()) }
            try await Task.sleep(for: .milliseconds(300))
            heard.add("closed")
            connection.cut()
        }
        let client = Client()
        try await client.reach(server.url, transports: [.websocket])
        try await client.emit("last")
        try await client.disconnect()
        #expect(heard.all == [#"42["last"]"#, "41", "1", "<close >", "closed"])
    }

    @Test("leaving the last namespace and wait: the same; who connects meanwhile does not hold that up")
    func disconnectBesideConnect() async throws {
        let ends = Seen<String>()
        let server = try await RawServer.start { connection, number in
            try await connection.join()
            guard number == 1 else { return try await connection.end() }
            while try await connection.hear() != "<close >" {}
            try await Task.sleep(for: .milliseconds(300))
            ends.add("closed")
            connection.cut()
        }
        let client = Client()
        try await client.reach(server.url, transports: [.websocket])
        async let left: Void = {
            try await client.disconnect(namespace: "/")
            ends.add("left")
        }()
        try await eventually("the end at this side") { !client.connected }
        try await bounded("wait") { try await client.wait() }
        #expect(ends.all.first == "closed")
        try await client.reach(server.url, transports: [.websocket])
        try await left
        #expect(client.connected)
        try await client.disconnect()
    }

    @Test("disconnect waits two seconds for a server that does not close")
    func disconnectWaitsNotForEver() async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            while true { _ = try await connection.hear() }
        }
        let client = Client()
        try await client.reach(server.url, transports: [.websocket])
        let start = ContinuousClock.now
        try await bounded("disconnect") { try await client.disconnect() }
        #expect(ContinuousClock.now - start >= .seconds(2))
    }

    @Test("waitTimeout: a server that does not let in is given up, and one that is slow is not")
    func waitTimeout() async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            try await connection.end()
        }
        let client = Client()
        let errors = Seen<String>()
        client.on("connect_error") { (text: String) in errors.add(text) }
        let start = ContinuousClock.now
        let error = try await clientError {
            try await client.connect(server.url, transports: [.websocket], waitTimeout: .milliseconds(200))
        }
        #expect(error.code == .timeout && error.message.contains("/"))
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        #expect(!client.connected)
        try await errors.wait(for: 1)
        try await bounded("wait") { try await client.wait() }
    }

    @Test("retry: a first attempt that fails is followed by others; the default is to throw")
    func retry() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        relay.shut()
        let impatient = Client.eager()
        let error = try await clientError { try await impatient.reach(relay.url) }
        #expect(error.code == .connectionFailed)
        #expect(!impatient.reconnecting)

        let client = Client.eager()
        let errors = Seen<Void>()
        client.on("connect_error") { errors.add(()) }
        async let connected: Void = client.connect(relay.url, waitTimeout: .seconds(patience), retry: true)
        try await errors.wait(for: 3)
        relay.shut(false)
        try await connected
        #expect(client.connected)
        try await client.disconnect()
    }

    @Test("closures for url, headers and auth are asked again at each attempt")
    func closures() async throws {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let count = NIOLockedValueBox((url: 0, headers: 0, auth: 0))
        let client = Client.eager()
        let connects = Seen<Void>()
        client.on("connect") { connects.add(()) }
        try await client.connect(
            {
                count.withLockedValue { $0.url += 1 }
                return relay.url
            },
            headers: { ["X-Attempt": "\(count.withLockedValue { $0.headers += 1; return $0.headers })"] },
            auth: {
                [
                    "attempt": .number(
                        SocketIONumber(
                            count.withLockedValue {
                                $0.auth += 1; return $0.auth
                            }))
                ]
            },
            transports: [.websocket], waitTimeout: .seconds(patience))
        for attempt in 1...3 {
            try await connects.wait(for: attempt)
            let counts = count.withLockedValue { $0 }
            #expect(counts == (attempt, attempt, attempt))
            let handshake = try await client.call("handshake")
            #expect(handshake["headers"]?["x-attempt"] == .string("\(attempt)"))
            let log = try await client.call("log-of", .string(client.sid ?? ""))
            #expect(log[0]?["auth"]?["attempt"]?.int == attempt)
            relay.cut()
        }
        try await client.shutdown()
    }

    @Test("closures of each kind alone")
    func closuresAlone() async throws {
        let url = try await PythonServer.shared.url
        let client = Client()
        let wait = Duration.seconds(patience)
        try await client.connect({ url }, waitTimeout: wait)
        try await client.disconnect()
        try await client.connect({ url }, headers: { [:] }, waitTimeout: wait)
        try await client.disconnect()
        try await client.connect({ url }, auth: { "x" }, waitTimeout: wait)
        try await client.disconnect()
        try await client.connect(url, headers: { [:] }, waitTimeout: wait)
        try await client.disconnect()
        try await client.connect(url, auth: { nil }, waitTimeout: wait)
        try await client.disconnect()
        try await client.connect(url, headers: { [:] }, auth: { nil }, waitTimeout: wait)
        try await client.disconnect()
    }

    @Test("a closure that throws is why connect fails")
    func closureThrows() async throws {
        struct NoToken: Error {}
        let url = try await PythonServer.shared.url
        let error = try await clientError { try await Client().connect(url, auth: { throw NoToken() }) }
        #expect(error.cause is NoToken)
    }

    // MARK: Errors

    @Test(
        "addresses that cannot be used",
        arguments: [
            "", "localhost", "localhost:5000", "ftp://localhost", "http://", "http:///x", "http://localhost:99999",
            "http://localhost:port", "http://local host", "http://localhost/path", "http://[::1",
        ])
    func invalidAddress(url: String) async throws {
        let error = try await clientError { try await Client().connect(url) }
        #expect(error.code == .invalidAddress, "\(error)")
        #expect(!error.message.isEmpty)
    }

    @Test("headers that cannot be sent", arguments: [["X Y": "1"], ["X": "a\r\nY: b"], ["": "x"]])
    func invalidHeaders(headers: [String: String]) async throws {
        let url = try await PythonServer.shared.url
        let error = try await clientError { try await Client().connect(url, headers: headers) }
        #expect(error.code == .invalidAddress, "\(error)")
    }

    @Test("nobody listens there")
    func refused() async throws {
        // A port that was free a moment ago may be another test's.
        let error = try await clientError { try await Client().connect("http://127.0.0.1:1") }
        #expect(error.code == .connectionRefused, "\(error)")
    }

    @Test("no such name")
    func nameNotFound() async throws {
        let error = try await clientError { try await Client().connect("http://no-such-host.invalid:80") }
        #expect(error.code == .nameNotFound, "\(error)")
    }

    @Test("already connected, and connecting")
    func alreadyConnected() async throws {
        let client = try await Client.reaching()
        let error = try await clientError { try await client.reach(PythonServer.shared.url) }
        #expect(error.code == .alreadyConnected)
        #expect(client.connected)
        try await client.disconnect()
        try await client.reach(PythonServer.shared.url)
        #expect(client.connected)
        try await client.disconnect()
    }

    @Test("without a connection: emit and call throw, disconnect and wait do nothing")
    func notConnected() async throws {
        let client = Client()
        #expect(try await clientError { try await client.emit("x") }.code == .notConnected)
        #expect(try await clientError { try await client.call("x") }.code == .notConnected)
        #expect(try await clientError { try await client.disconnect(namespace: "/") }.code == .notConnected)
        try await client.disconnect()
        try await client.shutdown()
        try await bounded("wait") { try await client.wait() }
    }

    @Test("a connect that is cancelled ends at once and leaves nothing")
    func cancelled() async throws {
        let came = Seen<Void>()
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            came.add(())
            try await connection.end()
            came.add(())
        }
        let client = Client()
        let task = Task {
            try await client.connect(server.url, transports: [.websocket], waitTimeout: .seconds(300))
        }
        try await came.wait(for: 1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await came.wait(for: 2)
        try await bounded("wait") { try await client.wait() }
        #expect(!client.connected && !client.reconnecting)
        // The client is as new.
        try await client.reach(PythonServer.shared.url)
        try await client.disconnect()
    }

    @Test("disconnect while connecting ends the connect")
    func disconnectWhileConnecting() async throws {
        let came = Seen<Void>()
        let server = try await RawServer.start { connection, _ in
            came.add(())
            try await connection.end()
        }
        for transport in Transport.allCases {
            let client = Client()
            let task = Task { try await client.connect(server.url, transports: [transport]) }
            try await came.wait(for: transport == .polling ? 1 : 2)
            try await bounded("disconnect") { try await client.disconnect() }
            #expect(try await clientError { try await task.value }.code == .disconnected)
        }
    }

    @Test("a client that nobody holds lives as long as its connection, and no longer")
    func letGo() async throws {
        var client: Client? = try await Client.reaching()
        weak let held = client
        let seen = Seen<String>()
        client?.on("x") { (text: String) in seen.add(text) }
        try await client?.emit("tell", "x", "one")
        client = nil
        try await seen.wait(for: 1)
        try await eventually("an answer") { try await held?.call("ask", 1) == 1 }
        try await held?.emit("leave")
        try await eventually("the end of the client") { held == nil }
    }
}
