import SocketIOClient
import Testing

/// Servers that are broken, or mean harm: an error that says what is wrong, and never a crash.
@Suite("Client against hostile servers", .inTurns, .timeLimit(.minutes(5)))
struct HostileServerTests {
    typealias Code = SocketIOClientError.Code

    /// What a server does with a request for a handshake, and what may come of it.
    struct Opening: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let transport: Transport
        let codes: Set<Code>
        /// What the error has to say.
        var says = ""
        let script: @Sendable (RawConnection) async throws -> Void

        init(
            _ name: String, _ transport: Transport = .polling, _ codes: Code..., says: String = "",
            script: @escaping @Sendable (RawConnection) async throws -> Void
        ) {
            testDescription = "\(name), \(transport)"
            self.transport = transport
            self.codes = Set(codes)
            self.says = says
            self.script = script
        }

        private static func answer(
            _ name: String, _ code: Code = .protocolViolation, says: String = "", status: String = "200 OK",
            fields: String = "", body: String = ""
        ) -> [Opening] {
            Transport.allCases.map { transport in
                Opening(name, transport, transport == .websocket ? .handshakeRefused : code, code, says: says) {
                    _ = try await $0.head()
                    $0.answer(status, body: body, fields: fields)
                    try await $0.end()
                }
            }
        }

        private static func open(_ name: String, _ handshake: String) -> [Opening] {
            [
                Opening(name, .websocket, .protocolViolation) {
                    try await $0.open(handshake: handshake)
                    try await $0.end()
                },
                Opening(name, .polling, .protocolViolation) {
                    _ = try await $0.head()
                    $0.answer("200 OK", body: handshake)
                    try await $0.end()
                },
            ]
        }

        static let all: [Opening] =
            answer("500", .handshakeRefused, says: "500", status: "500 Internal Server Error", body: "oops")
            + answer("404", .handshakeRefused, says: "404", status: "404 Not Found")
            + answer("401", .handshakeRefused, says: "401", status: "401 Unauthorized")
            + answer(
                "a redirect", .handshakeRefused, says: "302", status: "302 Found",
                fields: "Location: http://127.0.0.1:1/\r\n")
            + answer("an empty 200") + answer("a page", body: "<!doctype html><title>Welcome</title>")
            + open("no JSON", "0{") + open("no object", "0[]") + open("no sid", #"0{"pingInterval":1,"pingTimeout":1}"#)
            + open("a sid of another type", #"0{"sid":1,"upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#)
            + open("negative times", #"0{"sid":"s","upgrades":[],"pingInterval":-5,"pingTimeout":-5}"#)
            + open("another packet first", #"42["x"]"#)
            + [
                Opening("garbage", .polling, .protocolViolation, .connectionFailed) {
                    _ = try await $0.head()
                    $0.send("\u{0}\u{1}garbage\r\n\r\n\r\n")
                    try await $0.end()
                },
                Opening("garbage", .websocket, .protocolViolation, .connectionFailed, .handshakeRefused) {
                    _ = try await $0.head()
                    $0.send("\u{0}\u{1}garbage\r\n\r\n\r\n")
                    try await $0.end()
                },
                Opening("hangs up", .polling, .connectionFailed) { _ = try await $0.head() },
                Opening("hangs up", .websocket, .connectionFailed) { _ = try await $0.head() },
                Opening("hangs up before the request", .polling, .connectionFailed) { _ in },
                Opening("says nothing", .polling, .timeout) { try await $0.end() },
                Opening("says nothing", .websocket, .timeout) { try await $0.end() },
                Opening("a head without end", .polling, .timeout, .protocolViolation, .connectionFailed) {
                    _ = try await $0.head()
                    $0.send("HTTP/1.1 200 OK\r\n")
                    while true {
                        $0.send("X-Field: \(String(repeating: "x", count: 500))\r\n")
                        try await Task.sleep(for: .milliseconds(5))
                    }
                },
                Opening("a body without end", .polling, .timeout, .protocolViolation) {
                    _ = try await $0.head()
                    $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    while true {
                        $0.send("400\r\n\(String(repeating: "0", count: 1024))\r\n")
                        try await Task.sleep(for: .milliseconds(5))
                    }
                },
                Opening("a body that is cut", .polling, .connectionFailed, .protocolViolation) {
                    _ = try await $0.head()
                    $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n0{")
                    try await Task.sleep(for: .milliseconds(20))
                },
                Opening("a wrong Sec-WebSocket-Accept", .websocket, .protocolViolation, .handshakeRefused) {
                    _ = try await $0.head()
                    $0.send(
                        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            + "Sec-WebSocket-Accept: AAAA\r\n\r\n")
                    try await $0.end()
                },
                Opening("a WebSocket without a handshake", .websocket, .timeout) {
                    try await $0.acceptWebSocket()
                    try await $0.end()
                },
                Opening("a WebSocket that is cut", .websocket, .connectionFailed, says: "during the handshake") {
                    try await $0.acceptWebSocket()
                },
                Opening("a WebSocket that closes at once", .websocket, .connectionFailed, .protocolViolation) {
                    try await $0.acceptWebSocket()
                    $0.send(bytes: [0x88, 2, 3, 0xE8])
                    try await $0.end()
                },
            ]
    }

    @Test("a handshake that fails says why", arguments: Opening.all)
    func opening(opening: Opening) async throws {
        let server = try await RawServer.start { connection, _ in try await opening.script(connection) }
        let client = Client(requestTimeout: .seconds(3 * slowness))
        let heard = Seen<String>()
        client.on("connect_error") { (text: String) in heard.add(text) }
        let error = try await bounded("connect's end") {
            try await clientError {
                try await client.connect(
                    server.url, transports: [opening.transport], waitTimeout: .seconds(patience))
            }
        }
        #expect(opening.codes.contains(error.code), "\(error)")
        #expect(error.message.count > 20 && error.message.contains(opening.says), "\(error)")
        #expect(try await heard.wait(for: 1)[0].isEmpty == false)
        #expect(!client.connected && !client.reconnecting)
    }

    @Test(
        "packets that cannot be read are dropped, and told of; what follows comes",
        arguments: [
            "4", "49", "4x", "42", "42[", "42{}", "42[]", "42[1]", "42[null]", #"42"x""#, #"42["x""#, #"42["x",}"#,
            #"42["x",]"#, #"42["x"]]"#, #"42["x",nul]"#, "42[\"x\",\"\u{1}\"]", "45", "45-", #"45x-["x"]"#,
            #"4511-["x"]"#, #"45999999999999999999999-["x"]"#, "42[\"x\"," + String(repeating: "[", count: 100_000),
            #"42["disconnect","x"]"#, #"42["connect"]"#, #"42["connect_error",{}]"#,
            "42[\"x\"," + String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000) + "]",
        ])
    func dropped(text: String) async throws {
        try await survives([.text(text)], tells: true)
    }

    @Test(
        "packets that mean nothing here are left out",
        arguments: [
            #"42/unknown,["x"]"#, "41/unknown,", #"40/unknown,{"sid":"y"}"#, #"40{"sid":"again"}"#, #"44/unknown,{}"#,
            #"43["no id"]"#, "431", "431{}", #"4399999["x"]"#, #"439999999999999999999999["x"]"#, "6",
        ])
    func ignored(text: String) async throws {
        try await survives([.text(text)], tells: false)
    }

    enum Message: Sendable {
        case text(String)
        case binary([UInt8])
    }

    @Test(
        "attachments that do not fit their packet",
        arguments: [
            [.binary([1])],
            [.text(#"451-["x",{"_placeholder":true,"num":0}]"#), .text(#"42["y"]"#)],
            [.text(#"451-["x",{"_placeholder":true,"num":7}]"#), .binary([1])],
            [.text(#"451-["x",{"_placeholder":true,"num":-1}]"#), .binary([1])],
            [.text(#"451-["x",{"_placeholder":true,"num":"0"}]"#), .binary([1])],
            [.text(#"451-["x",{"_placeholder":true}]"#), .binary([1])],
            [.text(#"451-{"_placeholder":true,"num":0}"#), .binary([1])],
        ] as [[Message]])
    func attachments(messages: [Message]) async throws {
        try await survives(messages, tells: true)
    }

    @Test(
        "an ack that cannot be read is the answer of its call", arguments: [0, 3],
        [
            ("461000-N[]", .protocolViolation), (#"462-N[{"_placeholder":true,"num":0}]"#, .protocolViolation),
            ("43N[nul]", .decoding), ("43N[1,", .decoding), ("43N{}", .decoding),
        ] as [(String, Code)])
    func acks(retries: Int, ack: (text: String, code: Code)) async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            let asked = try await connection.hear()
            connection.say(ack.text.replacing("N", with: asked.dropFirst(2).prefix { $0.isNumber }))
            connection.say(#"42["after"]"#)
            try await connection.end()
        }
        let client = Client(reconnection: false, retries: retries)
        let after = Seen<Void>()
        client.on("after") { after.add(()) }
        try await client.reach(server.url, transports: [.websocket])
        let error = try await bounded("the answer") {
            try await clientError { try await client.call("ask", timeout: .seconds(300)) }
        }
        #expect(error.code == ack.code, "\(error)")
        try await after.wait(for: 1)
        #expect(client.connected)
        try await client.disconnect()
    }

    /// - Parameter tells: whether the handler of `error` has to hear of it.
    private func survives(_ messages: [Message], tells: Bool) async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            for message in messages {
                switch message {
                case .text(let text): connection.say(text)
                case .binary(let bytes): connection.say(binary: bytes)
                }
            }
            connection.say(#"42["after"]"#)
            try await connection.end()
        }
        let client = Client(reconnection: false)
        let (seen, errors) = (Seen<String>(), Seen<String>())
        client.on("x") { seen.add("x") }
        client.on("y") { seen.add("y") }
        client.on("after") { seen.add("after") }
        client.on("disconnect") { (reason: String) in seen.add(reason) }
        client.on("error") { (text: String, _: String) in errors.add(text) }
        try await client.reach(server.url, transports: [.websocket])
        try await eventually("what follows") { seen.all.contains("after") }
        #expect(seen.all.count == 1 || seen.all == ["y", "after"])
        #expect(client.connected)
        if tells {
            #expect(try await errors.wait(for: 1)[0].count > 10)
        } else {
            #expect(errors.all == [])
        }
        try await client.disconnect()
    }

    @Test(
        "what breaks the rules of Engine.IO or WebSocket ends the connection",
        arguments: [
            ("an unknown packet", "z"), ("a second handshake", RawConnection.handshake), ("an empty message", ""),
        ])
    func violations(name: String, text: String) async throws {
        try await loses { $0.say(text) }
    }

    @Test(
        "frames that break the rules of WebSocket end the connection",
        arguments: [
            [0xC1, 1, 0x34], [0x83, 0], [0x81, 0x81, 1, 2, 3, 4, 5], [0x81, 2, 0xC3, 0x28], [0x89, 126, 1, 0],
            [0x80, 1, 0x34], [0x81, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ] as [[UInt8]])
    func frames(bytes: [UInt8]) async throws {
        try await loses { $0.send(bytes: bytes) }
    }

    private func loses(_ harm: @escaping @Sendable (RawConnection) -> Void) async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            harm(connection)
            try await connection.end()
        }
        let client = Client(reconnection: false)
        let seen = Seen<[String]>()
        client.on("disconnect") { (reason: String, details: String) in seen.add([reason, details]) }
        try await client.reach(server.url, transports: [.websocket])
        let told = try await seen.wait(for: 1)[0]
        #expect(told[0] == "transport error" && told[1].count > 5, "\(told)")
        try await bounded("wait") { try await client.wait() }
    }

    @Test(
        "a server that refuses a namespace after all, says garbage in its refusal, or ends it at once",
        arguments: [
            "44", #"44{"message":"later"}"#, "44[1,2]", "44nonsense", "41",
        ])
    func refusal(text: String) async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            _ = try await connection.hear()
            connection.say(text)
            try await connection.end()
        }
        let client = Client()
        let heard = Seen<Arguments>()
        client.on("connect_error") { (said: Arguments) in heard.add(said) }
        let error = try await clientError { try await client.reach(server.url, transports: [.websocket]) }
        #expect(error.code == .namespaceRefused)
        #expect(heard.count == 1)
        try await bounded("wait") { try await client.wait() }
    }

    @Test("a server of Socket.IO 2, which lets in without an id: connect says so")
    func olderServer() async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            connection.say("40")
            try await connection.end()
        }
        let error = try await clientError { try await Client().reach(server.url, transports: [.websocket]) }
        #expect(error.code == .protocolViolation && error.message.contains("Socket.IO 2"), "\(error)")
    }

    @Test("a server that answers no request any more: what ends by polling ends all the same")
    func silentPolling() async throws {
        let server = try await RawServer.start { connection, number in
            _ = try await connection.head()
            if number == 1 { connection.answer("200 OK", body: RawConnection.handshake) }
            try await connection.end()
        }
        let client = Client(requestTimeout: .seconds(3))
        let start = ContinuousClock.now
        let error = try await clientError {
            try await client.connect(server.url, transports: [.polling], waitTimeout: .milliseconds(100))
        }
        #expect(error.code == .timeout && error.message.contains("did not answer for /"), "\(error)")
        #expect(ContinuousClock.now - start < .seconds(9))
    }

    @Test(
        "by polling, an event takes its time where the server takes it slowly, longer than requestTimeout",
        arguments: [false, true])
    func slowPost(dialsAnew: Bool) async throws {
        let (joined, posting) = (Gate(), Seen<RawConnection>())
        let bodies = Seen<Int>()
        let server = try await RawServer.start(readsAtOnce: false) { connection, number in
            switch number {
            case 1:
                connection.reads(true)
                _ = try await connection.head()
                // No heartbeats, however slow the machine.
                connection.answer("200 OK", body: RawConnection.handshake.replacing("60000", with: "600000"))
                _ = try await connection.head()
                await joined.pass()
                connection.answer("200 OK", body: #"40{"sid":"s1"}"#)
                try await connection.end()
            case 2 where dialsAnew:
                connection.reads(true)
                try await connection.takePost(fields: "Connection: close\r\n")
                joined.open()
            case 2:
                connection.reads(true)
                try await connection.takePost()
                connection.reads(false)
                joined.open()
                fallthrough
            default:
                posting.add(connection)
                while true { bodies.add(try await connection.takePost()) }
            }
        }
        let client = Client(reconnection: false, requestTimeout: .seconds(6 * slowness))
        try await client.reach(server.url, transports: [.polling])
        // More than the system's buffers take: the server's grow with what is read alone.
        let size = 32 << 20
        try await client.emit("large", .string(String(repeating: "x", count: size)))
        let connection = try await posting.wait(for: 1)[0]
        for step in 1...20 {
            try await Task.sleep(for: .milliseconds(500) * slowness)
            try await connection.readOn(to: step * size / 40)
        }
        #expect(bodies.count == 0 && client.connected)
        connection.reads(true)
        #expect(try await bodies.wait(for: 1)[0] > size)
        try await client.emit("small")
        try await bodies.wait(for: 2)
        #expect(client.connected)
    }

    @Test("a server that sends without end before it answers for the namespace is cut off")
    func endlessBeforeJoin() async throws {
        var limits = ClientLimits()
        limits.receiveBufferBytes = 10_000
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            _ = try await connection.hear()
            while true {
                connection.say(#"42["x","\#(String(repeating: "x", count: 10_000))"]"#)
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        let client = Client(limits: limits)
        let error = try await clientError { try await client.reach(server.url, transports: [.websocket]) }
        #expect(error.code == .receiveBufferFull)
    }
}
