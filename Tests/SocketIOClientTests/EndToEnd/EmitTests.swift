import Foundation
import SocketIOClient
import Testing

@Suite("Client.emit, send and call", .inTurns, .timeLimit(.minutes(5)))
struct EmitTests {
    private struct Point: Codable, Hashable {
        let x: Int
        let y: Double?
    }

    @Test("emit, outside of async code: from plain threads")
    func threads() async throws {
        let client = try await Client.reaching()
        let acks = Seen<Int>()
        let failures = Seen<String>()
        for thread in 0..<8 {
            Thread.detachNewThread {
                for number in 0..<50 {
                    do {
                        try client.emitNow("ask", .number(SocketIONumber(thread * 1000 + number))) { answer in
                            acks.add(try answer.get().decode(Int.self))
                        }
                    } catch {
                        failures.add("\(error)")
                    }
                }
            }
        }
        let numbers = try await acks.wait(for: 400)
        #expect(Set(numbers).count == 400 && failures.all == [])
        // Each thread's own are in its order.
        for thread in 0..<8 {
            #expect(numbers.filter { $0 / 1000 == thread }.sorted() == numbers.filter { $0 / 1000 == thread })
        }
        try await client.disconnect()
    }

    @Test("call: no, one and several arguments of the ack, and of the type asked for")
    func call() async throws {
        let client = try await Client.reaching()
        #expect(try await client.call("ask") == .null)
        #expect(try await client.call("ask", 1) == 1)
        #expect(try await client.call("ask", 1, 2) == [1, 2])
        let point: Point = try await client.call("ask", Point(x: 1, y: 2.5))
        #expect(point == Point(x: 1, y: 2.5))
        let missing: Int? = try await client.call("ask")
        #expect(missing == nil)
        let error = try await clientError { let _: Int = try await client.call("ask", "text") }
        #expect(error.code == .decoding && error.message.contains("args[0]"), "\(error)")
        let tooFew = try await clientError { let _: Int = try await client.call("ask") }
        #expect(tooFew.code == .decoding)
        try await client.disconnect()
    }

    @Test("call in a handler, and emit in a callback")
    func callInHandler() async throws {
        let client = try await Client.reaching()
        let seen = Seen<Int>()
        client.on("tick") { (number: Int) in
            let answer: Int = try await client.call("ask", number)
            try await client.emit("ask", answer + 100) { seen.add(try $0.get().decode(Int.self)) }
        }
        try await client.emit("burst", 5)
        #expect(try await seen.wait(for: 5) == Array(100..<105))
        client.removeAllHandlers()
        try await client.disconnect()
    }

    @Test("names that the protocol keeps for itself, and values that cannot be sent, throw")
    func reserved() async throws {
        let client = try await Client.reaching()
        for name in ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"] {
            #expect(try await clientError { try await client.emit(name) }.code == .reservedEvent)
            #expect(try await clientError { try await client.call(name) }.code == .reservedEvent)
        }
        #expect(try await clientError { try await client.emit("x", Double.nan) }.code == .encoding)
        var deep = SocketIOValue.null
        for _ in 0..<600 { deep = [deep] }
        #expect(try await clientError { try await client.emit("x", deep) }.code == .encoding)
        #expect(try await client.call("ask", "still there") == "still there")
        #expect(try await clientError { try await client.emit("x", namespace: "/chat") }.code == .badNamespace)
        try await client.disconnect()
    }

    // MARK: Acks

    @Test("an ack that is late: call throws timeout, a callback is told, and the late ack is ignored")
    func late() async throws {
        let gate = Gate()
        let answered = Seen<Void>()
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            #expect(try await connection.hear() == #"421["slow"]"#)
            #expect(try await connection.hear() == #"422["slow"]"#)
            await gate.pass()
            connection.say(#"431["late"]"#)
            connection.say(#"432["late"]"#)
            connection.say(#"439["never asked for"]"#)
            connection.say(#"42["after"]"#)
            try await connection.end()
        }
        let client = Client()
        client.on("after") { answered.add(()) }
        try await client.reach(server.url, transports: [.websocket])
        let results = Seen<String>()
        let start = ContinuousClock.now
        #expect(
            try await clientError { try await client.call("slow", timeout: .milliseconds(100)) }.code == .timeout)
        #expect(ContinuousClock.now - start >= .milliseconds(100))
        try await client.emit("slow", timeout: .milliseconds(100)) { answer in
            if case .failure(let error) = answer { results.add(error.code.rawValue) } else { results.add("ack") }
        }
        #expect(try await results.wait(for: 1) == ["timeout"])
        gate.open()
        try await answered.wait(for: 1)
        #expect(results.all == ["timeout"])
        try await client.disconnect()
    }

    @Test(
        "ackTimeout: the client's holds for callbacks where none is said; with retries for volatile ones",
        arguments: [0, 1])
    func ackTimeout(retries: Int) async throws {
        let client = try await Client.reaching(retries: retries, ackTimeout: .milliseconds(100))
        let results = Seen<SocketIOClientError.Code>()
        try await client.emit("never-answer", volatile: retries > 0) { answer in
            if case .failure(let error) = answer { results.add(error.code) }
        }
        #expect(try await results.wait(for: 1) == [.timeout])
        try await client.disconnect()
    }

    @Test("a call that is cancelled throws CancellationError and leaves nothing pending")
    func cancelled() async throws {
        var limits = ClientLimits()
        limits.pendingAcks = 1
        let client = try await Client.reaching(limits: limits)
        let task = Task { try await client.call("never-answer", timeout: .seconds(300)) }
        let watcher = try await Client.reaching()
        try await eventually("the event at the server") {
            let log = try await watcher.call("log-of", .string(client.sid ?? ""))
            return log.array?.contains { $0["name"] == "never-answer" } == true
        }
        #expect(try await clientError { try await client.call("ask") }.code == .tooManyPendingAcks)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        try await eventually("room for another") { (try? await client.call("ask", 1)) == 1 }
        try await client.disconnect()
    }

    // MARK: Many at once

    @Test("1 000 tasks emit at the same time, each gets its own ack", arguments: [Transport.polling, .websocket])
    func manyTasks(transport: Transport) async throws {
        let client = Client()
        try await client.reach(PythonServer.shared.url, transports: [transport])
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    let answer: Int = try await client.call("ask", number, timeout: .seconds(patience))
                    return answer == number
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(right == 1000)
        try await client.disconnect()
    }

    @Test(
        "attachments of events that are emitted at the same time do not mix",
        arguments: [Transport.polling, .websocket])
    func attachments(transport: Transport) async throws {
        let client = Client()
        try await client.reach(PythonServer.shared.url, transports: [transport], namespaces: ["/", "/chat"])
        let right = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let byte = UInt8(truncatingIfNeeded: number)
                    let (one, two) = ([UInt8](repeating: byte, count: 2000), [UInt8](repeating: ~byte, count: 10))
                    let answer = try await client.call(
                        "ask", .binary(one), .string("\(number)"), .binary(two),
                        namespace: number % 2 == 0 ? "/" : "/chat", timeout: .seconds(patience))
                    return answer == [.binary(one), .string("\(number)"), .binary(two)]
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(right == 200)
        try await client.disconnect()
    }
}
