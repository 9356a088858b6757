import Logging
import SiphonCapture
import SiphonCore
import SiphonInspector
import SiphonProxy
import SiphonRules

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `siphon [proxy] <upstream-url>`: wires the parts, runs them until a signal, and takes them down.
struct ProxyCommand {
    /// The part of the 5 s that a stop may take that is spent on telling clients.
    private static let proxyGrace = Duration.seconds(2)
    private static let inspectorGrace = Duration.seconds(1)

    private let options: ProxyOptions

    init(_ options: ProxyOptions) { self.options = options }

    /// - Parameter whenRunning: called once both listen and the two lines are out.
    func run(
        whenRunning: (Proxy, InspectorServer?) async -> Void = { _, _ in }
    ) async throws(CommandError) {
        let signals = await Signals.ends()
        Self.raiseFileLimit()
        let log = makeLog()
        let rules = RuleStore()
        let ruleFile = try await loadRules(into: rules)
        let ruleFileWatch = ruleFile.map { RuleFileWatch($0, rules, log) }
        var captureLimits = CaptureLimits()
        captureLimits.memoryBytes = options.memoryBytes
        let capture = Capture(limits: captureLimits)
        let startedAt = Timestamp.now()

        let proxy = try await startProxy(rules: rules, capture: capture, log: log)
        let inspector: InspectorServer?
        do throws(CommandError) {
            inspector = try startInspector(
                proxy: proxy, rules: rules, ruleFile: ruleFile, capture: capture, startedAt: startedAt, log: log)
        } catch {
            await proxy.stop(grace: .zero)
            throw error
        }
        guard await proxy.checkUpstream(against: inspectorAddress(inspector)) else {
            await inspector?.stop(grace: .zero)
            await proxy.stop(grace: .zero)
            throw .usage("the upstream \(options.proxy.upstream) is one of Siphon's own listeners")
        }
        Terminal.print("proxy http://\(Self.authority(proxy.host, proxy.port)) -> \(options.proxy.upstream)")
        if let inspector { Terminal.print("inspector \(inspector.url)") }
        await whenRunning(proxy, inspector)

        await signals.wait()
        ruleFileWatch?.cancel()
        await inspector?.stop(grace: Self.inspectorGrace)
        await proxy.stop(grace: Self.proxyGrace)
    }

    private func inspectorAddress(_ inspector: InspectorServer?) -> [(host: String, port: Int)] {
        guard let inspector, let host = options.inspector?.host else { return [] }
        return [(host, Int(inspector.port))]
    }

    private func makeLog() -> Logger {
        var log = Logger(label: "siphon") { StreamLogHandler.standardError(label: $0) }
        log.logLevel = options.logLevel
        return log
    }

    private func loadRules(into rules: RuleStore) async throws(CommandError) -> RuleFile? {
        guard let path = options.rulesPath else { return nil }
        let file = RuleFile(path, into: rules)
        do throws(RuleError) { try await file.load() } catch {
            throw .failure("cannot use the rules in \(path): \(error)")
        }
        return file
    }

    private func startProxy(rules: RuleStore, capture: Capture, log: Logger) async throws(CommandError) -> Proxy {
        do {
            return try await Proxy.start(options.proxy, chain: MiddlewareChain([rules]), log: log) {
                capture.makeRecorder()
            }
        } catch {
            throw .failure(Self.sentence(error))
        }
    }

    private static func sentence(_ error: any Error) -> String {
        switch error as? Proxy.Failure {
        case .portInUse(let host, let port):
            "\(authority(host, port)) is in use by another program; --listen takes another address"
        case .addressNotOurs(let host): "\(host) is no address of this machine; --listen takes another one"
        case .cannotListen(let host, let port, let message): "cannot listen on \(authority(host, port)): \(message)"
        case nil: "cannot start the proxy: \(error)"
        }
    }

    private func startInspector(
        proxy: Proxy, rules: RuleStore, ruleFile: RuleFile?, capture: Capture, startedAt: Int64, log: Logger
    ) throws(CommandError) -> InspectorServer? {
        guard let address = options.inspector else { return nil }
        do throws(InspectorServer.Failure) {
            return try InspectorServer(
                configuration: InspectorConfiguration(
                    host: address.host, port: UInt16(clamping: address.port), token: options.token),
                capture: capture, rules: rules, ruleFile: ruleFile, control: proxy, version: Siphon.version,
                startedAt: startedAt, log: log)
        } catch {
            throw .failure("\(error)")
        }
    }

    static func authority(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Each connection takes two sockets or more; the usual soft limit of 1024 is soon reached.
    private static func raiseFileLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(resource, &limit)
    }
}
