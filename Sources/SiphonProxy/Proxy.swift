import EngineIOTransport
package import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
package import SiphonCore

/// The running proxy: its listener, its event loops and what the inspector may ask of them.
package final class Proxy: Sendable {
    package enum Failure: Error, Equatable, Sendable {
        case portInUse(host: String, port: Int)
        case addressNotOurs(host: String)
        /// The message of the operating system.
        case cannotListen(host: String, port: Int, message: String)
    }

    /// Where it listens, with the port that the kernel chose.
    package let host: String
    package let port: Int

    private let configuration: ProxyConfiguration
    private let shared: ProxyShared
    private let group: MultiThreadedEventLoopGroup
    private let listener: any Channel
    private let loops: [NIOLoopBound<ProxyLoop>]
    private let eventLoops: [any EventLoop]

    /// Starts to listen. `makeRecorder` is called once for each event loop.
    package static func start(
        _ configuration: ProxyConfiguration, chain: MiddlewareChain, log: Logger,
        makeRecorder: @escaping @Sendable () -> any EventRecorder
    ) async throws -> Proxy {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.threads)
        do {
            return try await Proxy(configuration, chain: chain, log: log, group: group, makeRecorder: makeRecorder)
        } catch {
            try? await group.shutdownGracefully()
            throw Failure(error, configuration)
        }
    }

    private init(
        _ configuration: ProxyConfiguration, chain: MiddlewareChain, log: Logger, group: MultiThreadedEventLoopGroup,
        makeRecorder: @escaping @Sendable () -> any EventRecorder
    ) async throws {
        self.configuration = configuration
        self.group = group
        let shared = ProxyShared(configuration: configuration, chain: chain, log: log)
        self.shared = shared
        eventLoops = Array(group.makeIterator())
        var loops: [NIOLoopBound<ProxyLoop>] = []
        for eventLoop in eventLoops {
            loops.append(
                try await eventLoop.submit {
                    NIOLoopBound(
                        ProxyLoop(eventLoop: eventLoop, shared: shared, recorder: makeRecorder()), eventLoop: eventLoop)
                }.get())
        }
        self.loops = loops
        shared.setLoops(loops)
        listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause { shared.shortage.note(at: .now()) })
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: TransportLoop.waterMark)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let loop = shared.loop(of: channel.eventLoop)?.value else { return }
                    try channel.pipeline.syncOperations.addClientHandlers(router: loop)
                }
            }
            .bind(host: configuration.listenHost, port: configuration.listenPort).get()
        host = configuration.listenHost
        port = listener.localAddress?.port ?? configuration.listenPort
    }

    /// Tells the proxy of a listener besides its own, and makes sure that the upstream is none of them.
    ///
    /// - Returns: false where it is.
    package func checkUpstream(against others: [(host: String, port: Int)]) async -> Bool {
        let addresses = others.compactMap { try? SocketAddress.makeAddressResolvingHost($0.host, port: $0.port) }
        shared.dialer.refuse(OwnListeners([listener.localAddress].compactMap { $0 } + addresses))
        let leadsToItself = try? await NIOSingletons.posixBlockingThreadPool.runIfActive { [shared] in
            shared.dialer.leadsToItself()
        }
        return leadsToItself != true
    }

    /// Stops accepting, ends every connection in good order and waits for them, for `grace` at most.
    package func stop(grace: Duration) async {
        try? await listener.close()
        for loop in loops { try? await loop.eventLoop.submit { loop.value.shutDown() }.get() }
        let deadline = ContinuousClock.now + grace
        while ContinuousClock.now < deadline, await !isEmpty() { try? await Task.sleep(for: .milliseconds(20)) }
        await flushCapture()
        try? await group.shutdownGracefully()
    }

    private func isEmpty() async -> Bool {
        for loop in loops {
            guard (try? await loop.eventLoop.submit { loop.value.isEmpty }.get()) ?? true else { return false }
        }
        return true
    }
}

extension Proxy.Failure {
    fileprivate init(_ error: any Error, _ configuration: ProxyConfiguration) {
        let host = configuration.listenHost
        let port = configuration.listenPort
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE: self = .portInUse(host: host, port: port)
        case EADDRNOTAVAIL: self = .addressNotOurs(host: host)
        default: self = .cannotListen(host: host, port: port, message: "\(error)")
        }
    }
}

// MARK: - What the inspector asks

extension Proxy: ProxyControl {
    package func status() async -> ProxyStatus {
        ProxyStatus(
            upstreamURL: configuration.upstream.description, upstreamReachable: shared.dialer.isReachable,
            connections: shared.openConnections, httpRequests: shared.httpRequests)
    }

    package func connections() async -> [ConnectionSnapshot] {
        var all: [ConnectionSnapshot] = []
        for loop in loops { all += (try? await loop.eventLoop.submit { loop.value.snapshots() }.get()) ?? [] }
        return all.sorted { $0.id < $1.id }
    }

    package func connection(_ id: ConnectionID) async -> ConnectionSnapshot? {
        for loop in loops {
            if let found = try? await loop.eventLoop.submit({ loop.value.snapshot(id) }).get() { return found }
        }
        return nil
    }

    package func inject(
        _ injection: Injection, into id: ConnectionID
    ) async -> Result<InjectionResult, ControlError> {
        guard let loop = await home(of: id) else { return .failure(.noSuchConnection) }
        return await withCheckedContinuation { continuation in
            loop.eventLoop.execute {
                let waiter = InjectionWaiter { continuation.resume(returning: $0) }
                do throws(ControlError) {
                    guard let connection = try loop.value.connection(id) as? SocketIOConnection else {
                        throw .invalid("\(id) is no Socket.IO connection: its bytes pass as they are")
                    }
                    connection.inject(injection, waiter: waiter)
                } catch {
                    waiter.fail(error)
                }
            }
        }
    }

    package func disconnect(_ id: ConnectionID, how: DisconnectMethod) async -> Result<Void, ControlError> {
        guard let loop = await home(of: id) else { return .failure(.noSuchConnection) }
        return await withCheckedContinuation { continuation in
            loop.eventLoop.execute {
                continuation.resume(
                    returning: Result { () throws(ControlError) in
                        try loop.value.connection(id).carryOut(how)
                    })
            }
        }
    }

    private func home(of id: ConnectionID) async -> NIOLoopBound<ProxyLoop>? {
        for loop in loops where (try? await loop.eventLoop.submit { loop.value.has(id) }.get()) == true { return loop }
        return nil
    }

    package func flushCapture() async {
        for loop in loops { _ = try? await loop.eventLoop.submit { loop.value.flushRecorder() }.get() }
    }
}

extension ProxiedConnection {
    fileprivate func carryOut(_ how: DisconnectMethod) throws(ControlError) {
        switch how {
        case .transport: disconnect(abruptly: true, reason: "cut from the inspector")
        case .server: disconnect(abruptly: false, reason: "ended from the inspector")
        case .namespace(let name):
            guard let connection = self as? SocketIOConnection else {
                throw .invalid("\(id) is no Socket.IO connection and has no namespaces")
            }
            try connection.disconnect(namespace: name)
        }
    }
}
