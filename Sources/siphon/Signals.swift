import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Signals that the program is told of, in place of what they would do to it, from the moment it is made.
struct Signals {
    private let sources: [any DispatchSourceSignal]
    private let stream: AsyncStream<Void>

    /// SIGINT and SIGTERM. A pipe that nobody reads any more fails a write from here on, and does not end the program.
    static func ends() async -> Signals {
        signal(SIGPIPE, SIG_IGN)
        return await Signals(SIGINT, SIGTERM)
    }

    /// Returns once all are watched: one that comes before it is does what it always would.
    init(_ numbers: Int32...) async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.stream = stream
        var sources: [any DispatchSourceSignal] = []
        for number in numbers {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { continuation.yield() }
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.resume()
            }
            #if canImport(Darwin)
                // A kqueue sees what is ignored; Dispatch for Linux puts a handler of its own in.
                signal(number, SIG_IGN)
            #endif
            sources.append(source)
        }
        self.sources = sources
    }

    /// Returns at the next of them, also one that came before; from the time on that a task was cancelled in it, at once.
    func wait() async {
        for await _ in stream { break }
        withExtendedLifetime(sources) {}
    }
}
