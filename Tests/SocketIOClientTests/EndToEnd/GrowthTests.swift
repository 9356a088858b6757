import Foundation
import SocketIOClient
import Testing

/// Each in a process of its own, where nobody else opens files or takes memory.
@Suite("Client's growth", .inTurns, .timeLimit(.minutes(10)))
struct GrowthTests {
    @Test("1 000 connections of one client, one after the other: no more files, no more memory")
    func cycles() async {
        await #expect(processExitsWith: .success) {
            let server = try await PythonServer.start()
            let client = Client()
            let connects = Seen<Void>()
            client.on("connect") { connects.add(()) }
            try await Footprint.check(rounds: 10) {
                for number in 0..<100 {
                    let transports: [Transport] = number % 10 == 0 ? [.polling, .websocket] : [.websocket]
                    try await client.reach(server.url, transports: transports)
                    let answer: Int = try await client.call("ask", number)
                    #expect(answer == number)
                    try await client.disconnect()
                }
            }
            #expect(connects.count == 1100)
        }
    }

    @Test("1 000 clients, 50 at a time: no more files, no more memory")
    func clients() async {
        await #expect(processExitsWith: .success) {
            let server = try await PythonServer.start()
            try await Footprint.check(rounds: 20) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<50 {
                        group.addTask {
                            let client = Client()
                            client.on("echo") { (_: Int) in }
                            try await client.reach(server.url, transports: [.websocket])
                            let answer: Int = try await client.call("ask", number, timeout: .seconds(patience))
                            #expect(answer == number)
                            try await client.disconnect()
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test("connections that fail, and acks that are given up, leave nothing")
    func failures() async {
        await #expect(processExitsWith: .success) {
            let server = try await RawServer.start { connection, number in
                if number % 2 == 0 { return }
                try await connection.join()
                try await connection.end()
            }
            try await Footprint.check(rounds: 5) {
                for _ in 0..<100 {
                    let client = Client(reconnection: false)
                    try? await client.reach(server.url, transports: [.websocket])
                    guard client.connected else { continue }
                    _ = try? await client.call(
                        "x", .string(String(repeating: "x", count: 10_000)), timeout: .milliseconds(1))
                    let call = Task { try await client.call("x") }
                    call.cancel()
                    _ = try? await call.value
                    try await client.disconnect()
                }
            }
        }
    }
}

/// What this process holds.
private struct Footprint {
    let files: Int
    let residentBytes: Int

    /// What a process may take more after the warm-up: allocators keep some of what was freed.
    private static let growthBytesLimit = 8 << 20

    static func check(rounds: Int, _ body: () async throws -> Void) async throws {
        try await body()
        let before = try await settled()
        for _ in 0..<rounds { try await body() }
        try await eventually("no more than \(before.files) files; there are \((try? now().files) ?? 0)") {
            try now().files <= before.files
        }
        // A sanitizer keeps what is freed.
        guard slowness == 1 else { return }
        let growth = try now().residentBytes - before.residentBytes
        #expect(growth < growthBytesLimit, "\(growth) bytes more than after the warm-up")
    }

    /// Once what was closed is gone.
    private static func settled() async throws -> Footprint {
        var last = try now()
        return try await eventually("a number of files that stays") {
            try await Task.sleep(for: .milliseconds(100))
            let current = try now()
            defer { last = current }
            return current.files == last.files ? current : nil
        }
    }

    private static func now() throws -> Footprint {
        let files = try FileManager.default.contentsOfDirectory(atPath: "/dev/fd").count
        var resident = 0
        if let status = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) {
            resident = (Int(status.split(separator: " ")[1]) ?? 0) * Int(getpagesize())
        }
        return Footprint(files: files, residentBytes: resident)
    }
}
