import SocketIOClient
import Testing

/// Connection state recovery (Socket.IO 4.6), which no Python server has: a server that is scripted does.
@Suite("Client's connection state recovery", .inTurns, .timeLimit(.minutes(5)))
struct RecoveryTests {
    @Test("asks for its session by pid and offset, gets what it missed before connect, and says that it recovered")
    func recovers() async throws {
        let connects = Seen<String>()
        let server = try await RawServer.start { connection, number in
            try await connection.open()
            connects.add(try await connection.hear())
            if number == 1 {
                connection.say(#"40{"sid":"s1","pid":"p1"}"#)
                connection.say(#"42["x",1,"offset-1"]"#)
                connection.say(#"42["x",2,"offset-2"]"#)
                _ = try await connection.hear()
                return
            }
            // What was missed comes before the answer to the CONNECT.
            connection.say(#"42["x",3,"offset-3"]"#)
            connection.say(#"40{"sid":"s1","pid":"p1"}"#)
            connection.say(#"42["x",4,"offset-4"]"#)
            try await connection.end()
        }
        let client = Client.eager()
        let seen = Seen<String>()
        client.on("connect") { seen.add("connect \(client.recovered())") }
        client.on("x") { (number: Int) in seen.add("x \(number)") }
        try await client.connect(
            server.url, auth: ["token": "t"], transports: [.websocket], waitTimeout: .seconds(patience))
        try await seen.wait(for: 3)
        #expect(!client.recovered())
        try await client.emit("cut me")
        #expect(
            try await seen.wait(for: 6) == ["connect false", "x 1", "x 2", "x 3", "connect true", "x 4"])
        #expect(client.recovered() && !client.recovered(in: "/chat"))
        let asked = try connects.all.map { try SocketIOValue(json: String($0.dropFirst(2))) }
        #expect(asked[0] == ["token": "t"])
        #expect(asked[1]["pid"] == "p1" && asked[1]["offset"] == "offset-2" && asked[1]["token"] == "t")
        client.removeAllHandlers()
        try await client.disconnect()
    }

    @Test("a server that has forgotten the session: a new one, not recovered, and no offset of the old one")
    func forgotten() async throws {
        let connects = Seen<String>()
        let server = try await RawServer.start { connection, number in
            try await connection.open()
            connects.add(try await connection.hear())
            connection.say(#"40{"sid":"s\#(number)","pid":"p\#(number)"}"#)
            if number == 1 { connection.say(#"42["x","offset-1"]"#) }
            if number == 3 { return try await connection.end() }
            _ = try await connection.hear()
        }
        let client = Client.eager()
        let events = Seen<Void>()
        client.on("x") { events.add(()) }
        try await client.connect(server.url, transports: [.websocket], waitTimeout: .seconds(patience))
        try await events.wait(for: 1)
        for number in 2...3 {
            try await client.emit("cut me")
            try await eventually("session \(number)") { client.sid == "s\(number)" }
            #expect(!client.recovered())
        }
        #expect(
            connects.all == ["40", #"40{"pid":"p1","offset":"offset-1"}"#, #"40{"pid":"p2"}"#])
        try await client.disconnect()
    }

    @Test("what the client disconnected from is not asked for again")
    func notAfterDisconnect() async throws {
        let connects = Seen<String>()
        let server = try await RawServer.start { connection, _ in
            try await connection.open()
            connects.add(try await connection.hear())
            connection.say(#"40{"sid":"s1","pid":"p1"}"#)
            try await connection.end()
        }
        let client = Client()
        for _ in 0..<2 {
            try await client.connect(server.url, transports: [.websocket], waitTimeout: .seconds(patience))
            try await client.disconnect()
        }
        #expect(connects.all == ["40", "40"])
    }
}
