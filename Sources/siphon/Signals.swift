import Dispatch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// SIGINT and SIGTERM, from the moment it is made.
struct Signals {
    private let sources: [any DispatchSourceSignal]
    private let stream: AsyncStream<Void>

    /// Returns once both are watched: one that comes earlier than that ends the process as it always would.
    init() async {
        signal(SIGPIPE, SIG_IGN)
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        self.stream = stream
        var sources: [any DispatchSourceSignal] = []
        for number in [SIGINT, SIGTERM] {
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

    /// Returns at the first of them, also one that came before.
    func wait() async {
        for await _ in stream { break }
        withExtendedLifetime(sources) {}
    }
}
