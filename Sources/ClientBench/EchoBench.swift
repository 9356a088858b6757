import NIOConcurrencyHelpers
import SocketIOClient

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures what an echoed message costs the client library: `ClientBench URL SECONDS IN-FLIGHT BYTES`. For
/// scripts/bench/client, which runs the same with python-socketio. Prints one line of JSON: the messages that came
/// back, and the processor time that the process used for them, in µs.
@main
enum EchoBench {
    static func main() async throws {
        let words = CommandLine.arguments
        guard words.count == 5, let seconds = Double(words[2]), let inFlight = Int(words[3]), let bytes = Int(words[4])
        else {
            print("usage: ClientBench URL SECONDS IN-FLIGHT BYTES")
            exit(64)
        }
        let client = Client()
        let counter = NIOLockedValueBox(0)
        let text = SocketIOValue.string(String(repeating: "x", count: bytes))
        client.on("echo") { data in
            counter.withLockedValue { $0 += 1 }
            try await client.emit("echo", data)
        }
        try await client.connect(words[1], transports: [.websocket])
        for _ in 0..<inFlight { try await client.emit("echo", text) }
        try await client.sleep(.seconds(0.5))  // warm-up
        let before = (count: counter.withLockedValue { $0 }, cpu: cpuMicroseconds())
        try await client.sleep(.seconds(seconds))
        let after = (count: counter.withLockedValue { $0 }, cpu: cpuMicroseconds())
        print("{\"messages\": \(after.count - before.count), \"cpuMicroseconds\": \(after.cpu - before.cpu)}")
        exit(0)
    }

    /// What the process has used so far.
    private static func cpuMicroseconds() -> Int {
        var usage = rusage()
        #if canImport(Glibc)
            getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        #else
            getrusage(RUSAGE_SELF, &usage)
        #endif
        return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Int($1.tv_sec) * 1_000_000 + Int($1.tv_usec) }
    }
}
