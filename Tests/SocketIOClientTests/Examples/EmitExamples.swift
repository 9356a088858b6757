import Foundation
import SocketIOClient
import Testing

@Suite("Examples: emitting", .inTurns, .timeLimit(.minutes(5)))
struct EmitExamples {
    /// What the server has had of a client, without the event that asks.
    private func events(of client: Client) async throws -> [SocketIOValue] {
        let log = try await client.call("log-of", .string(client.sid ?? ""))
        return (log.array ?? []).dropFirst().map { [$0["name"] ?? nil, $0["args"] ?? nil] }
    }

    @Test("several arguments")
    func emitting() async throws {
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: emit
        try await client.emit("my event", ["data": "hello"])
        try await client.emit("move", "e2", "e4", 1)
        try await client.send("hello")
        // end
        // example: emit-list
        let moves: [SocketIOValue] = ["a", "b"]
        try await client.emit("moves", arguments: moves)
        // end
        #expect(
            try await events(of: client) == [
                ["my event", [["data": "hello"]]], ["move", ["e2", "e4", 1]], ["message", ["hello"]],
                ["moves", ["a", "b"]],
            ])
        try await client.disconnect()
    }

    @Test("with a callback")
    func callback() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: callback
        try await client.emit("status", ["room": "lobby"]) { answer in
            let (status, code) = try answer.get().decode(String.self, Int.self)
            print("answered:", status, code)
        }
        // end
        try await print.expect("answered: ok 200")
        try await client.disconnect()
    }

    @Test("waiting for the ack")
    func call() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: call
        let total: Int = try await client.call("add", 1, 2, timeout: .seconds(5))
        print("total:", total)

        let answer = try await client.call("status")
        print("status:", answer[0] ?? nil, answer[1] ?? nil)
        // end
        try await print.expect("total: 3", #"status: "ok" 200"#)
        try await client.disconnect()
    }

    @Test("background tasks")
    func background() async throws {
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: background
        let task = client.startBackgroundTask {
            for number in 0..<3 {
                try await client.emit("tick", number)
                try await client.sleep(.milliseconds(10))
            }
        }
        await task.value
        // end
        #expect(try await events(of: client) == [["tick", [0]], ["tick", [1]], ["tick", [2]]])
        try await client.disconnect()
    }

    @Test("from several tasks at a time, and from threads")
    func threads() async throws {
        let client = Client()
        try await client.connect(PythonServer.shared.url, transports: [.websocket])
        // example: tasks
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    try await client.emit("picture", number, [UInt8](repeating: 0, count: 1000))
                }
            }
            try await group.waitForAll()
        }
        // end
        let came = try await events(of: client)
        #expect(Set(came.compactMap { $0[1]?[0]?.int }) == Set(0..<10))
        #expect(came.allSatisfy { $0[1]?[1]?["bytes"]?.string?.count == 2000 })

        // example: thread
        Thread.detachNewThread {
            try? client.emitNow("pressed", "ok")
        }
        // end
        try await eventually("pressed") { try await events(of: client).contains(["pressed", ["ok"]]) }
        try await client.disconnect()
    }

    @Test("values of one's own types")
    func codable() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: codable
        struct Message: Codable, Sendable {
            var user: String
            var text: String
        }

        client.on("echo") { (message: Message) in
            print(message.user, "says", message.text)
        }

        try await client.emit("echo", Message(user: "ada", text: "hello"))
        // end
        try await print.expect("ada says hello")
        try await client.disconnect()
    }

    @Test("values that are no types")
    func values() async throws {
        let print = Printed()
        let client = Client()
        try await client.connect(PythonServer.shared.url)
        // example: values
        let picture: SocketIOValue = ["name": "dot", "size": [1, 1], "bytes": .binary([0xFF, 0x00])]
        let answer = try await client.call("ask", picture)
        print(answer["name"]?.string ?? "", answer["size"]?[0]?.int ?? 0, answer["bytes"]?.binary ?? [])
        // end
        try await print.expect("dot 1 [255, 0]")
        try await client.disconnect()
    }
}
