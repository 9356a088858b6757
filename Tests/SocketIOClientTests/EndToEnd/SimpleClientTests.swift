import SocketIOClient
import Testing

@Suite("SimpleClient", .inTurns, .timeLimit(.minutes(5)))
struct SimpleClientTests {
    private struct Person: Codable, Hashable {
        var name: String
        var tags: [String]
    }

    // MARK: On every route

    @Test("connects, emits, calls, receives and disconnects", arguments: Route.all)
    func route(route: Route) async throws {
        let simple = SimpleClient(Client(trustRoots: try await route.trustRoots))
        #expect(simple.sid == nil && simple.transport == nil)
        try await simple.reach(route.url, transports: route.transports)
        try await eventually("transport \(route.settled)") { simple.transport == route.settled }
        #expect(simple.sid != nil && simple.sid == simple.client.sid)

        let ada = Person(name: "Ada", tags: ["x"])
        try await simple.emit("echo", "literal", 1, nil, .binary([0, 255]))
        try await simple.emit("echo", ada, 2)
        let literals = try await simple.next()
        #expect(literals.name == "echo" && literals.namespace == "/")
        #expect(literals.arguments == ["literal", 1, nil, .binary([0, 255])])
        let (person, number) = try await Arguments(simple.next().arguments).decode(Person.self, Int.self)
        #expect(person == ada && number == 2)

        #expect(try await simple.call("add", 1, 2) == 3)
        #expect(try await simple.call("status") == ["ok", 200])
        #expect(try await simple.call("status", arguments: []).values == ["ok", 200])
        #expect(try await simple.call("ask", ada)["name"] == "Ada")
        let sum: Int = try await simple.call("add", 20, 22)
        let same: Person = try await simple.call("ask", ada)
        #expect(sum == 42 && same == ada)
        // A server behind Siphon may be told later than the client.
        try await eventually("the server's transport") {
            let transport: String = try await simple.call("transport")
            return transport == route.settled.rawValue
        }

        try await simple.disconnect()
        #expect(simple.sid == nil && simple.transport == nil)
        try await expectDisconnected(simple)
    }

    @Test("an ack of another type than was asked for")
    func decoding() async throws {
        let simple = try await SimpleClient.reaching()
        let error = try await clientError { let _: Int = try await simple.call("ask", "text") }
        #expect(error.code == .decoding)
        let missing = try await clientError { let _: Int = try await simple.call("ask") }
        #expect(missing.code == .decoding)
        try await simple.disconnect()
    }

    @Test("is in one namespace, that it was told of", arguments: ["/chat", "chat", "/admin"])
    func namespace(name: String) async throws {
        let simple = SimpleClient()
        let full = name.hasPrefix("/") ? name : "/" + name
        try await simple.reach(PythonServer.shared.url, namespace: name, auth: ["token": "secret"])
        #expect(Array(simple.client.namespaces.keys) == [full])
        #expect(simple.sid != nil && simple.sid == simple.client.sid(for: full))
        try await simple.emit("echo", "here")
        let event = try await simple.next()
        #expect(event.namespace == full && event.arguments == ["here"])
        let log = try await simple.call("log-of", .string(simple.sid ?? ""))
        #expect(log.array?.contains { $0["name"] == "echo" && $0["namespace"] == .string(full) } == true)
        try await simple.disconnect()
    }

    // MARK: Where no more will come

    /// What leaves a client without a connection, and with none to come.
    enum End: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case neverConnected = "no connect yet"
        case failed = "a connect that failed"
        case refused = "a connect whose namespace was refused"
        case invalid = "a connect that could not be tried"
        case cancelled = "a connect that was cancelled"
        case failedLater = "a second connect that failed"
        case disconnected = "disconnect()"
        case leftByServer = "the server's disconnect"
        case lost = "a loss without reconnection"
        case exhausted = "the last attempt to reconnect"
        case givenUp = "disconnect() while reconnecting"

        var testDescription: String { rawValue }

        func reach() async throws -> SimpleClient {
            switch self {
            case .neverConnected: return SimpleClient()
            case .failed: return try await failing(SimpleClient())
            case .refused:
                let simple = SimpleClient()
                let error = try await clientError {
                    try await simple.reach(PythonServer.shared.url, namespace: "/admin")
                }
                #expect(error.code == .namespaceRefused)
                return simple
            case .invalid:
                let simple = SimpleClient()
                let error = try await clientError {
                    try await simple.connect(PythonServer.shared.url, path: "not a path")
                }
                #expect(error.code == .invalidAddress)
                return simple
            case .cancelled:
                let simple = SimpleClient()
                let connections = Seen<Void>()
                let server = try await RawServer.start { connection, _ in
                    connections.add(())
                    try await connection.end()
                }
                let connecting = Task { try await simple.reach(server.url) }
                try await connections.wait(for: 1)
                connecting.cancel()
                await #expect(throws: CancellationError.self) { try await connecting.value }
                return simple
            case .failedLater:
                let simple = try await SimpleClient.reaching()
                try await simple.disconnect()
                return try await failing(simple)
            case .disconnected:
                let simple = try await SimpleClient.reaching()
                try await simple.disconnect()
                return simple
            case .leftByServer:
                let simple = try await SimpleClient.reaching()
                try await simple.emit("leave")
                return simple
            case .lost:
                let (simple, relay) = try await SimpleClient.relayed(Client(reconnection: false))
                relay.cut()
                try await simple.client.wait()
                return simple
            case .exhausted:
                let (simple, relay) = try await SimpleClient.relayed(.eager(attempts: 2))
                relay.shut()
                return simple
            case .givenUp:
                let (simple, relay) = try await SimpleClient.relayed(
                    Client(reconnectionDelay: .seconds(300), reconnectionDelayMax: .seconds(300)))
                relay.shut()
                try await eventually("the loss") { simple.client.reconnecting }
                try await simple.disconnect()
                return simple
            }
        }

        private func failing(_ simple: SimpleClient) async throws -> SimpleClient {
            let server = try await RawServer.start { _, _ in }
            let error = try await clientError { try await simple.reach(server.url) }
            #expect(error.code == .connectionFailed)
            return simple
        }
    }

    @Test("receive, emit and call throw disconnected after", arguments: End.allCases)
    func disconnected(end: End) async throws {
        let simple = try await end.reach()
        try await expectDisconnected(simple)
        #expect(simple.sid == nil && simple.transport == nil)

        try await simple.reach(PythonServer.shared.url)
        try await simple.emit("echo", "again")
        #expect(try await simple.next().arguments == ["again"])
        try await simple.disconnect()
    }

    @Test("those that wait hear of the end too")
    func waitingAtTheEnd() async throws {
        let (simple, relay) = try await SimpleClient.relayed()
        let waiting = try await lose(simple, relay)
        try await simple.disconnect()
        for task in waiting.tasks {
            let error = try await clientError { _ = try await bounded("an end", task) }
            #expect(error.code == .disconnected)
        }
    }

    @Test("what came before the end is received before it is told")
    func keptBeforeTheEnd() async throws {
        let simple = try await SimpleClient.reaching()
        try await simple.emit("echo", 1)
        try await simple.emit("echo", 2)
        try await simple.emit("leave")
        #expect(try await simple.next().arguments == [1])
        #expect(try await simple.next().arguments == [2])
        try await expectDisconnected(simple)
    }

    // MARK: Through a reconnection

    @Test(
        "emit, call and receive wait while the server restarts, and go on",
        arguments: [[Transport.polling], [.websocket], [.polling, .websocket]])
    func restart(transports: [Transport]) async throws {
        let server = try await PythonServer.start()
        let relay = try await Relay.start(to: server.port)
        let simple = SimpleClient(.eager())
        try await simple.reach(relay.url, transports: transports)
        let sid = simple.sid

        try await server.kill()
        try await eventually("the loss") { simple.client.reconnecting }
        let waiting = Waiting(simple, relay)
        try await waiting.begin()
        _ = try await PythonServer.start(port: server.port)

        try await waiting.expectDone()
        #expect(simple.sid != nil && simple.sid != sid)
        try await simple.disconnect()
    }

    @Test("emit, call and receive wait while the connection is cut, in a namespace of their own")
    func cut() async throws {
        let (simple, relay) = try await SimpleClient.relayed(namespace: "/chat")
        for _ in 0..<3 {
            let waiting = try await lose(simple, relay)
            relay.shut(false)
            try await waiting.expectDone()
        }
        try await simple.disconnect()
    }

    @Test("a call whose ack was lost is disconnected and not sent again; the next one waits")
    func lostAck() async throws {
        let (simple, relay) = try await SimpleClient.relayed()
        let watcher = try await SimpleClient.reaching()
        let sid = simple.sid ?? ""
        let call = Task { try await simple.call("never-answer", .string(sid), timeout: .seconds(300)) }
        try await eventually("the event at the server") { try await watcher.count(of: "never-answer", from: sid) == 1 }
        relay.cut()
        let error = try await clientError { _ = try await bounded("the call", call) }
        #expect(error.code == .disconnected)
        #expect(try await simple.call("ask", "next") == "next")
        #expect(try await watcher.count(of: "never-answer", from: simple.sid ?? "") == 0)
        try await simple.disconnect()
        try await watcher.disconnect()
    }

    @Test("a call without an ack in time")
    func callTimeout() async throws {
        let simple = try await SimpleClient.reaching()
        let error = try await clientError {
            try await simple.call("never-answer", timeout: .milliseconds(1))
        }
        #expect(error.code == .timeout)
        try await simple.disconnect()
    }

    // MARK: Receiving

    @Test("receive gives up after its time, and goes on")
    func receiveTimeout() async throws {
        let simple = try await SimpleClient.reaching()
        for timeout in [Duration.zero, .milliseconds(1), .milliseconds(30)] {
            let before = ContinuousClock.now
            let error = try await clientError {
                _ = try await bounded("receive") { try await simple.receive(timeout: timeout) }
            }
            #expect(error.code == .timeout && ContinuousClock.now - before >= timeout)
        }
        try await simple.emit("echo", "late")
        #expect(try await simple.next().arguments == ["late"])
        try await simple.disconnect()
    }

    @Test("a receive that is cancelled takes no event with it")
    func receiveCancelled() async throws {
        let simple = try await SimpleClient.reaching()
        let begun = Seen<Void>()
        let receiving = Task {
            begun.add(())
            return try await simple.receive()
        }
        try await begun.wait(for: 1)
        // By then it waits.
        try await simple.call("ask")
        receiving.cancel()
        await #expect(throws: CancellationError.self) {
            _ = try await bounded("the end", receiving)
        }
        try await simple.emit("echo", "kept")
        #expect(try await simple.next().arguments == ["kept"])
        try await simple.disconnect()
    }

    @Test("emit, call and receive that are cancelled while reconnecting")
    func waitingCancelled() async throws {
        let (simple, relay) = try await SimpleClient.relayed()
        let waiting = try await lose(simple, relay)
        for task in waiting.tasks {
            task.cancel()
            await #expect(throws: CancellationError.self) {
                _ = try await bounded("the end", task)
            }
        }
        try await simple.disconnect()
    }

    @Test("receiveBufferFull once, behind what is kept; then what comes later")
    func bufferFull() async throws {
        var limits = ClientLimits()
        limits.unreadEvents = 5
        let simple = SimpleClient(Client(limits: limits))
        try await simple.reach(PythonServer.shared.url)
        for _ in 0..<2 {
            try await simple.call("ticks", "tick", 8)
            try await simple.settle()
            for number in 0..<5 {
                let event = try await simple.next()
                #expect(event.name == "tick" && event.arguments == [.number(SocketIONumber(number))])
            }
            let error = try await clientError { _ = try await simple.next() }
            #expect(error.code == .receiveBufferFull)
            try await simple.emit("echo", "after")
            #expect(try await simple.next().arguments == ["after"])
        }
        try await simple.disconnect()
    }

    // MARK: Connecting again

    @Test("a second connect is alreadyConnected, and changes nothing")
    func alreadyConnected() async throws {
        let simple = try await SimpleClient.reaching()
        let sid = simple.sid
        try await simple.emit("echo", "kept")
        try await simple.settle()
        for namespace in ["/", "/chat"] {
            let error = try await clientError {
                try await simple.reach(PythonServer.shared.url, namespace: namespace)
            }
            #expect(error.code == .alreadyConnected)
        }
        #expect(simple.sid == sid && sid != nil)
        #expect(try await simple.next().arguments == ["kept"])
        #expect(try await simple.next().name == "fence")
        try await simple.emit("echo", "later")
        #expect(try await simple.next().arguments == ["later"])
        try await simple.disconnect()
    }

    @Test("a second connect while the first is under way, which receive waits for")
    func alreadyConnecting() async throws {
        let heard = Seen<String>()
        let gate = Gate()
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            heard.add(try await connection.hear())
            await gate.pass()
            connection.say(#"40/first,{"sid":"s1"}"#)
            connection.say(#"42/first,["hello",1]"#)
            try await connection.end()
        }
        let simple = SimpleClient()
        let first = Task { try await simple.reach(server.url, namespace: "/first") }
        #expect(try await heard.wait(for: 1) == ["40/first,"])
        let error = try await clientError { try await simple.reach(server.url, namespace: "/second") }
        #expect(error.code == .alreadyConnected)
        let early = try await clientError { _ = try await simple.receive(timeout: .milliseconds(1)) }
        #expect(early.code == .timeout)

        gate.open()
        try await first.value
        #expect(simple.sid == "s1")
        #expect(try await simple.next().arguments == [1])
        try await simple.disconnect()
    }

    @Test("of several that connect at the same time, one does")
    func connectRace() async throws {
        let url = try await PythonServer.shared.url
        for _ in 0..<10 {
            let simple = SimpleClient()
            let names = try await withThrowingTaskGroup(of: String?.self) { group in
                for name in ["/", "/chat", "/admin"] {
                    group.addTask {
                        do {
                            try await simple.reach(url, namespace: name, auth: ["token": "secret"])
                            return name
                        } catch let error as SocketIOClientError where error.code == .alreadyConnected {
                            return nil
                        }
                    }
                }
                return try await group.reduce(into: []) { names, name in names += [name].compactMap { $0 } }
            }
            #expect(names.count == 1)
            #expect(simple.sid != nil && names == Array(simple.client.namespaces.keys))
            try await simple.emit("echo", .string(names.first ?? ""))
            #expect(try await simple.next().namespace == names.first)
            try await simple.disconnect()
        }
    }

    @Test("connecting again shows nothing of what came before", arguments: ["/", "/chat"])
    func connectsAgain(namespace: String) async throws {
        let simple = try await SimpleClient.reaching()
        for number in 0..<3 {
            try await simple.emit("echo", "old")
            try await simple.settle()
            try await simple.disconnect()
            let name = number.isMultiple(of: 2) ? namespace : "/"
            try await simple.reach(PythonServer.shared.url, namespace: name)
            try await simple.emit("echo", .string("new \(number)"))
            let event = try await simple.next()
            #expect(event.arguments == [.string("new \(number)")] && event.namespace == name)
        }
        try await simple.disconnect()
    }

    @Test("what still lay before a handler when the connection ended does not show on the next one")
    func connectsAgainWhileHandling() async throws {
        let url = try await PythonServer.shared.url
        let watcher = try await SimpleClient.reaching()
        let simple = SimpleClient()
        let gate = Gate()
        simple.client.on("echo") { (text: String) in if text == "held" { await gate.pass() } }
        try await simple.reach(url)
        for text in ["held", "old"] { try await simple.emit("echo", text) }
        try await simple.emit("leave")
        try await eventually("the end") { !simple.client.connected }
        let connecting = Task { try await simple.reach(url) }
        // Time enough to connect, were it not to wait.
        for _ in 0..<10 { try await watcher.call("ask") }
        gate.open()
        try await bounded("connect", connecting)
        try await simple.emit("echo", "new")
        #expect(try await simple.next().arguments == ["new"])
        try await simple.disconnect()
        try await watcher.disconnect()
    }

    @Test(
        "connecting again at once where the server has just ended the connection",
        arguments: [[Transport.polling], [.websocket]])
    func connectsAgainAtOnce(transports: [Transport]) async throws {
        let url = try await PythonServer.shared.url
        let simple = SimpleClient()
        for number in 0..<20 {
            try await simple.reach(url, transports: transports)
            try await simple.emit("echo", .number(SocketIONumber(number)))
            #expect(try await simple.next().arguments == [.number(SocketIONumber(number))])
            try await simple.emit("echo", "unread")
            let error = try await clientError { try await simple.call("leave") }
            #expect(error.code == .disconnected)
        }
        try await simple.disconnect()
    }

    // MARK: Steps

    /// Cuts the connection for as long as the relay is shut; returns with what waits for the next one.
    private func lose(_ simple: SimpleClient, _ relay: Relay) async throws -> Waiting {
        relay.shut()
        try await eventually("the loss") { simple.client.reconnecting }
        let waiting = Waiting(simple, relay)
        try await waiting.begin()
        return waiting
    }

    private func expectDisconnected(_ simple: SimpleClient) async throws {
        let verbs: [(String, @Sendable () async throws -> Void)] = [
            ("receive", { _ = try await simple.receive() }),
            ("receive with a timeout", { _ = try await simple.receive(timeout: .seconds(300)) }),
            ("emit", { try await simple.emit("echo", 1) }),
            ("call", { try await simple.call("ask", 1) }),
            ("a typed call", { let _: Int = try await simple.call("ask", 1) }),
        ]
        for (name, verb) in verbs {
            let error = try await clientError { try await bounded(name, verb) }
            #expect(error.code == .disconnected, "\(name)")
        }
    }

    /// An emit, a call and a receive that wait for a connection; what the receive gets is the echo of the emit.
    private final class Waiting: Sendable {
        private let simple: SimpleClient
        private let relay: Relay
        private let begun = Seen<Void>()
        let tasks: [Task<SocketIOValue, any Error>]

        init(_ simple: SimpleClient, _ relay: Relay) {
            self.simple = simple
            self.relay = relay
            let verbs: [@Sendable () async throws -> SocketIOValue] = [
                {
                    try await simple.emit("echo", "emitted")
                    return nil
                },
                { try await simple.call("ask", "called") },
                { try await .array(simple.receive().arguments) },
            ]
            tasks = verbs.map { [begun] verb in
                Task {
                    begun.add(())
                    return try await verb()
                }
            }
        }

        /// Returns once all three have begun and attempts to connect have failed since, of which none ended them.
        func begin() async throws {
            try await begun.wait(for: tasks.count)
            let count = relay.count
            try await eventually("two attempts") { self.relay.count >= count + 2 }
            let error = try await clientError { _ = try await simple.receive(timeout: .milliseconds(1)) }
            #expect(error.code == .timeout)
        }

        func expectDone() async throws {
            var values: [SocketIOValue] = []
            for task in tasks { values.append(try await bounded("an end", task)) }
            #expect(values == [nil, "called", ["emitted"]])
        }
    }
}

extension SimpleClient {
    fileprivate func reach(
        _ url: String, transports: [Transport] = [.websocket], namespace: String = "/", auth: SocketIOValue? = nil
    ) async throws {
        try await connect(
            url, auth: auth, transports: transports, namespace: namespace, waitTimeout: .seconds(patience))
    }

    /// One that is connected to the shared server by WebSocket.
    fileprivate static func reaching() async throws -> SimpleClient {
        let simple = SimpleClient()
        try await simple.reach(PythonServer.shared.url)
        return simple
    }

    /// One that is connected to the shared server through a relay of its own.
    fileprivate static func relayed(
        _ client: Client = .eager(), namespace: String = "/"
    ) async throws -> (SimpleClient, Relay) {
        let relay = try await Relay.start(to: PythonServer.shared.port)
        let simple = SimpleClient(client)
        try await simple.reach(relay.url, namespace: namespace)
        return (simple, relay)
    }

    /// The next event, which has to come.
    fileprivate func next() async throws -> EventContext { try await receive(timeout: .seconds(patience)) }

    /// Returns once all that the server has sent can be received, and the event `fence` behind it.
    fileprivate func settle() async throws {
        try await call("call-me", "fence", timeout: .seconds(patience))
    }

    /// How often the server has got such an event of a session.
    fileprivate func count(of event: String, from sid: String) async throws -> Int {
        let log: [SocketIOValue] = try await call("log-of", sid)
        return log.count { $0["name"] == .string(event) }
    }
}
