import Foundation
import SocketIOClient
import Testing

@Suite("ClientLimits", .inTurns, .timeLimit(.minutes(5)))
struct LimitsTests {
    @Test("attachmentsPerPacket: a packet with more is dropped, the error event tells; at the limit it comes")
    func attachments() async throws {
        var limits = ClientLimits()
        limits.attachmentsPerPacket = 2
        let client = Client(limits: limits)
        let (seen, errors) = (Seen<Int>(), Seen<String>())
        client.on("x") { (arguments: Arguments) in seen.add(arguments.count) }
        client.on("error") { (text: String, _: String) in errors.add(text) }
        try await client.reach(PythonServer.shared.url, transports: [.websocket])
        try await client.tell("x", .binary([1]), .binary([2]))
        try await client.tell("x", .binary([1]), .binary([2]), .binary([3]))
        try await client.tell("x", .binary([1]))
        #expect(seen.all == [2, 1])
        #expect(try await errors.wait(for: 1)[0].contains("Attachments"), "\(errors.all)")
        try await client.disconnect()
    }

    @Test("messageBytes: a message that is larger ends the connection", arguments: Transport.allCases)
    func message(transport: Transport) async throws {
        var limits = ClientLimits()
        limits.messageBytes = 100_000
        let client = Client(reconnection: false, limits: limits)
        let reasons = Seen<DisconnectReason>()
        let seen = Seen<Int>()
        client.on("flood") { data in seen.add(data[1]?.string?.utf8.count ?? -1) }
        client.on("disconnect") { (reason: DisconnectReason) in reasons.add(reason) }
        try await client.reach(PythonServer.shared.url, transports: [transport])
        try await client.emit("flood", 1, 90_000)
        try await seen.wait(for: 1)
        try await client.emit("flood", 1, 200_000)
        #expect(try await reasons.wait(for: 1) == [.transportError])
        #expect(seen.all == [90_000])
        try await bounded("wait") { try await client.wait() }
    }

    @Test("sendBufferBytes: emit throws outside of async code, and waits in it until the server reads again")
    func sendBuffer() async throws {
        let read = Gate()
        let received = Seen<String>()
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            connection.reads(false)
            await read.pass()
            connection.reads(true)
            while true { received.add(String(try await connection.hear().prefix(20))) }
        }
        var limits = ClientLimits()
        limits.sendBufferBytes = 1 << 20
        let client = Client(limits: limits)
        try await client.reach(server.url, transports: [.websocket])
        let block = SocketIOValue.string(String(repeating: "x", count: 200_000))
        let count = Seen<Void>()
        // What the system's own buffers take comes first, some megabytes; one by one, so that they take all they can.
        let error = try await eventually("a full buffer") { () -> SocketIOClientError? in
            do {
                try synchronously { try client.emitNow("x", block) }
                count.add(())
                return nil
            } catch let error as SocketIOClientError {
                return error
            }
        }
        #expect(error.code == .sendBufferFull)
        let waiting = Task { try await client.emit("last", block) }
        let cancelled = Task { try await client.emit("cancelled", block) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        read.open()
        try await bounded("the emit that waited") { try await waiting.value }
        let all = try await received.wait(for: count.count + 1)
        #expect(all.last?.hasPrefix(#"42["last""#) == true)
        #expect(all.dropLast().allSatisfy { $0.hasPrefix(#"42["x","#) } && all.count == count.count + 1)
        try await client.disconnect()
    }

    @Test("a call's time ends also where the server reads nothing and the event cannot leave")
    func stalledCall() async throws {
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            connection.reads(false)
            try await Task.sleep(for: .seconds(600))
        }
        // Nothing else is due within the test.
        let client = Client(reconnection: false, requestTimeout: .seconds(600))
        try await client.reach(server.url, transports: [.websocket])
        let block = SocketIOValue.string(String(repeating: "x", count: 900_000))
        // More than the system's own buffers take, and less than the client's.
        for _ in 0..<18 { try await client.emit("x", block) }
        let late = Seen<SocketIOClientError.Code>()
        try await client.emit("late", timeout: .seconds(600)) {
            if case .failure(let error) = $0 { late.add(error.code) }
        }
        let start = ContinuousClock.now
        let error = try await clientError { try await client.call("soon", timeout: .milliseconds(100)) }
        #expect(error.code == .timeout && error.message.contains("could not leave"), "\(error)")
        #expect(ContinuousClock.now - start < .seconds(patience / 2))
        try await client.disconnect()
        #expect(try await late.wait(for: 1) == [.disconnected])
    }

    @Test("sendBufferBytes: an emit that waits for room throws when the connection ends")
    func sendBufferAtEnd() async throws {
        let cut = Gate()
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            connection.reads(false)
            await cut.pass()
        }
        var limits = ClientLimits()
        limits.sendBufferBytes = 1 << 20
        let client = Client(reconnection: false, limits: limits)
        try await client.reach(server.url, transports: [.websocket])
        let block = SocketIOValue.string(String(repeating: "x", count: 200_000))
        let count = Seen<Void>()
        let emitting = Task {
            while true {
                try await client.emit("x", block)
                count.add(())
            }
        }
        var last = -1
        try await eventually("an emit that waits") {
            defer { last = count.count }
            try await client.sleep(.milliseconds(100))
            return last == count.count && last > 0
        }
        cut.open()
        let error = try await bounded("the emit's end") { try await clientError { try await emitting.value } }
        #expect(error.code == .notConnected)
    }

    @Test("sendBufferBytes: what waits for a connection counts too")
    func offline() async throws {
        var limits = ClientLimits()
        limits.sendBufferBytes = 10_000
        let client = Client(offlineBuffer: true, limits: limits)
        let block = SocketIOValue.string(String(repeating: "x", count: 4000))
        var count = 0
        let error = try await clientError {
            while count < 100 {
                try await client.emit("x", block)
                count += 1
            }
        }
        #expect(error.code == .sendBufferFull && count == 3)
        // Small ones that are volatile are dropped, not kept.
        try await client.reach(PythonServer.shared.url, transports: [.websocket])
        try await eventually("the kept ones at the server") {
            let log = try await client.call("log-of", .string(client.sid ?? ""))
            return log.array?.count { $0["name"] == "x" } == 3
        }
        try await client.disconnect()
    }

    @Test("pendingAcks: past it emit with a callback and call throw; emit without one does not")
    func pendingAcks() async throws {
        var limits = ClientLimits()
        limits.pendingAcks = 3
        let client = try await Client.reaching(limits: limits)
        let codes = Seen<SocketIOClientError.Code>()
        for _ in 0..<3 {
            try await client.emit("never-answer") { answer in
                if case .failure(let error) = answer { codes.add(error.code) }
            }
        }
        #expect(try await clientError { try await client.emit("ask") { _ in } }.code == .tooManyPendingAcks)
        #expect(try await clientError { try await client.call("ask") }.code == .tooManyPendingAcks)
        try await client.emit("ask")
        try await client.disconnect()
        #expect(try await codes.wait(for: 3) == [.disconnected, .disconnected, .disconnected])
    }

    @Test("receiveBufferBytes: slow handlers hold the server up, and nothing is lost")
    func slowHandlers() async throws {
        let gate = Gate()
        let total = 1500
        let connections = Seen<RawConnection>()
        let server = try await RawServer.start { connection, _ in
            try await connection.join()
            connections.add(connection)
            let block = [UInt8](repeating: 7, count: 60_000)
            for number in 0..<total {
                connection.say(#"451-["x",\#(number),{"_placeholder":true,"num":0}]"#)
                connection.say(binary: block)
            }
            try await connection.end()
        }
        let client = Client()
        let seen = Seen<Int>()
        client.on("x") { (number: Int, block: SocketIOValue) in
            await gate.pass()
            if block.binary?.count == 60_000 { seen.add(number) }
        }
        try await client.reach(server.url, transports: [.websocket])
        let connection = try await connections.wait(for: 1)[0]
        var last = -1
        try await eventually("a server that cannot go on") {
            let unsent = try await connection.unsent
            defer { last = unsent }
            try await client.sleep(.milliseconds(100))
            return unsent == last && unsent > 500_000
        }
        #expect(seen.count == 0 && client.connected)
        gate.open()
        #expect(try await seen.wait(for: total) == Array(0..<total))
        try await client.disconnect()
    }
}

/// Code that is not async.
private func synchronously(_ body: () throws -> Void) throws { try body() }
