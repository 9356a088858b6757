import SocketIOClient
import Testing

/// What has to hold on every way to a server.
@Suite("Client on every route", .inTurns, .timeLimit(.minutes(5)))
struct RouteTests {
    private struct Person: Codable, Hashable {
        var name: String
        var age: Int?
        var tags: [String]
    }

    @Test("connects, says what it is connected to, and disconnects", arguments: Route.all)
    func connects(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let reasons = Seen<DisconnectReason>()
        client.on("disconnect") { (reason: DisconnectReason) in reasons.add(reason) }
        #expect(!client.connected && client.transport == nil && client.sid == nil && client.namespaces.isEmpty)

        _ = try await route.connected(client, namespaces: ["/", "/chat"])

        #expect(client.connected && !client.reconnecting)
        #expect(client.transport == route.settled)
        #expect(Set(client.namespaces.keys) == ["/", "/chat"])
        #expect(client.sid != nil && client.sid == client.namespaces["/"])
        #expect(client.sid(for: "/chat") == client.namespaces["/chat"])
        #expect(client.sid(for: "/chat") != client.sid && client.sid(for: "/none") == nil)
        // A server behind Siphon may be told later than the client.
        try await eventually("the server's transport") {
            let transport: String = try await client.call("transport")
            return transport == route.settled.rawValue
        }

        try await client.disconnect()
        #expect(!client.connected && client.transport == nil && client.sid == nil && client.namespaces.isEmpty)
        #expect(reasons.all == [.clientDisconnect])
        // The client is as new.
        _ = try await route.connected(client)
        #expect(try await client.call("ask", "again") == "again")
        try await client.disconnect()
    }

    @Test("the query, the headers and what authenticates reach the server", arguments: Route.all)
    func handshake(route: Route) async throws {
        let client = Client(
            trustRoots: try await route.trustRoots, headers: ["X-Both": "constructor", "X-One": "1"])
        let auth: SocketIOValue = ["token": "æ漢", "list": [1, [nil, true]]]
        try await client.connect(
            route.url + "?room=a%20b&x=1", headers: ["X-Both": "connect", "X-Two": "2"], auth: auth,
            transports: route.transports, namespaces: ["/", "/chat"], waitTimeout: .seconds(patience))
        let handshake = try await client.call("handshake")
        let query = Set(try #require(handshake["query"]?.string).split(separator: "&"))
        let opening = Substring("transport=\(route.transports[0].rawValue)")
        #expect(query.isSuperset(of: ["room=a%20b", "x=1", "EIO=4", opening]), "\(query)")
        let headers = ["x-both", "x-one", "x-two"].map { handshake["headers"]?[$0]?.string }
        #expect(headers == ["connect", "1", "2"])
        for namespace in ["/", "/chat"] {
            let log = try await client.call("log-of", .string(client.sid(for: namespace) ?? ""))
            #expect(log[0]?["what"] == "connect" && log[0]?["auth"] == auth, "\(namespace) \(log)")
        }
        try await client.disconnect()
    }

    @Test("takes values of all shapes there and back, unchanged", arguments: Route.all)
    func values(route: Route) async throws {
        let client = try await route.connected()
        let shapes: [SocketIOValue] = [
            nil, true, false, 0, -12, 1.5, "", "æ漢🎉\u{0}\u{1F}\u{2028}\"\\/", [], [:], [[[]]],
            ["z": 1, "a": [nil, "b", ["c": false]]], .binary([]), .binary([0, 1, 254, 255]),
            ["list": [.binary([1, 2, 3]), "between", .binary([4])]], .number(SocketIONumber(9_007_199_254_740_993)),
        ]
        for shape in shapes {
            let answer = try await client.call("ask", shape, "behind")
            #expect(answer == [shape, "behind"])
        }
        let person = Person(name: "Ada", age: nil, tags: ["x"])
        let answer: Person = try await client.call("ask", person)
        #expect(answer == person)
        try await client.disconnect()
    }

    @Test("large binary goes there and back while small events pass", arguments: Route.all)
    func large(route: Route) async throws {
        let client = try await route.connected()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        async let large = client.call("ask", .binary(bytes), timeout: .seconds(patience))
        for number in 0..<20 {
            let answer: Int = try await client.call("ask", number, timeout: .seconds(patience))
            #expect(answer == number)
        }
        let answer = try await large
        #expect(answer == .binary(bytes), "\(answer.description.prefix(200))")
        try await client.disconnect()
    }

    @Test("answers events of the server, with binary too", arguments: Route.all)
    func answers(route: Route) async throws {
        let client = try await route.connected()
        client.on("add") { (a: Int, b: Int) in a + b }
        client.on("turn") { (bytes: SocketIOValue) in
            Ack(SocketIOValue.binary((bytes.binary ?? []).reversed()), "turned")
        }
        #expect(try await client.call("call-me", "add", 2, 40) == [42])
        #expect(try await client.call("call-me", "turn", .binary([1, 2, 3])) == [.binary([3, 2, 1]), "turned"])
        try await client.disconnect()
    }

    @Test("events come in their order", arguments: Route.all)
    func order(route: Route) async throws {
        let client = try await route.connected()
        let seen = Seen<Int>()
        client.on("tick") { (number: Int) in seen.add(number) }
        client.on("fence") {}
        // python-socketio's polling takes and gives 16 packets a time.
        try await client.emit("burst", 200, 10)
        #expect(try await seen.wait(for: 200) == Array(0..<200))
        try await client.disconnect()
    }
}
