import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
package import SiphonCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Opens connections to one server, by TLS and through a proxy where it is told to. Shared by all event loops.
///
/// What is dialled, and resolved here, is the proxy where there is one; it resolves the server's name itself.
/// The addresses are resolved once and kept until all of them fail; `localhost` means `::1` and `127.0.0.1`. The one
/// that worked last is tried first.
package final class Dialer: Sendable {
    private struct State {
        var addresses: [SocketAddress] = []
        var isReachable: Bool?
        var own = OwnListeners([])
    }

    private let host: String
    private let port: Int
    private let timeout: TimeAmount
    private let steps: [DialStep]
    private let onShortage: @Sendable () -> Void
    private let state = NIOLockedValueBox(State())

    /// - Parameters:
    ///   - host: without the brackets of an IPv6 literal.
    ///   - timeout: for all addresses of `host` together, and the tunnel and TLS besides.
    ///   - security: TLS with the server; without it the connection is plain.
    ///   - onShortage: called on an event loop for each attempt that found no file descriptor left.
    package init(
        host: String, port: Int, timeout: Duration, security: DialSecurity? = nil, proxy: DialProxy? = nil,
        onShortage: @escaping @Sendable () -> Void = {}
    ) {
        self.host = proxy?.url.host ?? host
        self.port = proxy?.url.port ?? port
        self.timeout = TimeAmount(timeout)
        steps = DialStep.steps(toHost: host, port: port, security: security, proxy: proxy)
        self.onShortage = onShortage
    }

    /// What is never dialled, whatever names resolve to.
    package func refuse(_ own: OwnListeners) { state.withLockedValue { $0.own = own } }

    /// Looks the upstream's name up, which blocks, and says whether an address of it is Siphon's own.
    package func leadsToItself() -> Bool {
        let addresses = (try? addresses()) ?? []
        return state.withLockedValue { state in addresses.contains { state.own.contains($0) } }
    }

    /// Whether the last attempt succeeded; nil before the first.
    package var isReachable: Bool? { state.withLockedValue { $0.isReachable } }

    /// Connects on `eventLoop`, within the limit for all addresses together, with the HTTP client in the pipeline and
    /// behind it a handler of its own for each address that is tried: the channel of one that failed still tells its
    /// handler of its end when the next has long succeeded.
    ///
    /// The handler sees the channel become active once HTTP may be spoken on it. An address that was reached is the
    /// last one: where the tunnel or TLS fails on it, no other is tried.
    package func connect<Handler: ChannelHandler & SendableMetatype>(
        on eventLoop: any EventLoop, limits: Limits, makeHandler: @escaping () -> Handler
    ) -> EventLoopFuture<NIOLoopBound<(channel: any Channel, handler: Handler)>> {
        let make = NIOLoopBound(makeHandler, eventLoop: eventLoop)
        let made = NIOLoopBoundBox<Handler?>(nil, eventLoop: eventLoop)
        return open(on: eventLoop, limits: limits) { channel in
            let handler = make.value()
            made.value = handler
            try channel.pipeline.syncOperations.addUpstreamHTTPHandlers(limits: limits)
            try channel.pipeline.syncOperations.addHandler(handler)
        }.map { channel in
            guard let handler = made.value else { preconditionFailure("a channel that is open was initialised") }
            return NIOLoopBound((channel, handler), eventLoop: eventLoop)
        }
    }

    private func open(
        on eventLoop: any EventLoop, limits: Limits, addHTTP: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let deadline = NIODeadline.now() + timeout
        let opened =
            steps.isEmpty
            ? connect(on: eventLoop, by: deadline) { channel in
                channel.eventLoop.makeCompletedFuture { try addHTTP(channel) }
            } : connectInSteps(on: eventLoop, by: deadline, limits, addHTTP)
        opened.whenFailure { error in
            // Tells nothing of the upstream, and its name could not be looked up either.
            guard !error.isDescriptorShortage else { return self.onShortage() }
            self.state.withLockedValue { state in
                state.addresses = []
                state.isReachable = false
            }
        }
        return opened
    }

    private func connectInSteps(
        on eventLoop: any EventLoop, by deadline: NIODeadline, _ limits: Limits,
        _ addHTTP: @escaping @Sendable (any Channel) throws -> Void
    ) -> EventLoopFuture<any Channel> {
        let newest = NIOLoopBoundBox<DialStepsHandler?>(nil, eventLoop: eventLoop)
        return connect(on: eventLoop, by: deadline) { channel in
            channel.eventLoop.makeCompletedFuture {
                let handler = DialStepsHandler(
                    steps: self.steps, deadline: deadline, headBytesLimit: limits.headerBytes,
                    completed: eventLoop.makePromise(), addHTTP: addHTTP)
                newest.value = handler
                try channel.pipeline.syncOperations.addHandler(handler)
            }
        }.flatMap { channel in
            guard let handler = newest.value else { preconditionFailure("a channel that is open was initialised") }
            return handler.completion.map { channel }
        }
    }

    /// The initializer runs before the first byte moves.
    private func connect(
        on eventLoop: any EventLoop, by deadline: NIODeadline,
        initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let known = state.withLockedValue { $0.addresses }
        return known.isEmpty
            ? resolve(on: eventLoop).flatMap { self.connect(to: $0[...], on: eventLoop, by: deadline, initializer) }
            : connect(to: known[...], on: eventLoop, by: deadline, initializer)
    }

    /// Each address gets its share of the time that is left.
    private func connect(
        to addresses: ArraySlice<SocketAddress>, on eventLoop: any EventLoop, by deadline: NIODeadline,
        _ initializer: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) -> EventLoopFuture<any Channel> {
        let left = deadline - .now()
        guard let address = addresses.first, left > .zero, !state.withLockedValue({ $0.own.contains(address) }) else {
            return eventLoop.makeFailedFuture(ChannelError.connectTimeout(timeout))
        }
        guard !DescriptorReserve.isReached() else {
            return eventLoop.makeFailedFuture(IOError(errnoCode: EMFILE, reason: "only the reserve is left"))
        }
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(.nanoseconds(left.nanoseconds / Int64(addresses.count)))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: TransportLoop.waterMark)
            .channelInitializer(initializer)
            .connect(to: address)
            .always { result in
                if case .success = result { self.note(working: address) }
            }
            .flatMapError { error in
                let rest = addresses.dropFirst()
                return rest.isEmpty || error.isDescriptorShortage
                    ? eventLoop.makeFailedFuture(error)
                    : self.connect(to: rest, on: eventLoop, by: deadline, initializer)
            }
    }

    private func note(working address: SocketAddress) {
        state.withLockedValue { state in
            state.isReachable = true
            guard state.addresses.first != address else { return }
            state.addresses.removeAll { $0 == address }
            state.addresses.insert(address, at: 0)
        }
    }

    // MARK: Names

    private func resolve(on eventLoop: any EventLoop) -> EventLoopFuture<[SocketAddress]> {
        NIOSingletons.posixBlockingThreadPool.runIfActive(eventLoop: eventLoop) {
            let addresses = try self.addresses()
            self.state.withLockedValue { $0.addresses = addresses }
            return addresses
        }
    }

    /// Blocks while the name is looked up.
    private func addresses() throws -> [SocketAddress] {
        let hosts = host.lowercased() == "localhost" ? ["::1", "127.0.0.1"] : [host]
        return try hosts.flatMap { try SocketAddress.all(of: $0, port: port) }
    }
}
