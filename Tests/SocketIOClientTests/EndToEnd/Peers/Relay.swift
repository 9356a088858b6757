import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A TCP relay before a server, which can cut what passes through it. With a certificate it ends TLS on the client's
/// side.
final class Relay: Sendable {
    private let listener: any Channel
    private struct State {
        var port: Int
        var channels: [any Channel] = []
        var count = 0
        var isShut = false
    }

    private let state: NIOLockedValueBox<State>

    static func start(to port: Int, tls: (chain: String, key: String)? = nil) async throws -> Relay {
        let context = try tls.map { files in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(files.chain).map { .certificate($0) },
                    privateKey: .privateKey(NIOSSLPrivateKey(file: files.key, format: .pem))))
        }
        let onAccept = NIOLockedValueBox<(@Sendable (any Channel) -> Void)?>(nil)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    guard let accept = onAccept.withLockedValue({ $0 }) else { return }
                    try channel.pipeline.syncOperations.addHandler(ActiveHandler(accept))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let relay = Relay(listener, to: port)
        onAccept.withLockedValue { $0 = { [weak relay] in relay?.accept($0) } }
        return Kept.untilTheTestEnds(relay)
    }

    private init(_ listener: any Channel, to port: Int) {
        self.listener = listener
        state = NIOLockedValueBox(State(port: port))
    }

    deinit {
        listener.close(promise: nil)
        cut()
    }

    var port: Int { listener.localAddress?.port ?? 0 }

    var url: String { "http://127.0.0.1:\(port)" }

    /// How many connections there have been.
    var count: Int { state.withLockedValue { $0.count } }

    /// Cuts all connections that there are.
    func cut() {
        let channels = state.withLockedValue { state in
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }

    /// From now on cuts each new connection at once, or not.
    func shut(_ isShut: Bool = true) {
        state.withLockedValue { $0.isShut = isShut }
        if isShut { cut() }
    }

    /// From now on connects to another port, where the server is that has come in place of the one before.
    func lead(to port: Int) { state.withLockedValue { $0.port = port } }

    /// From now on swallows what either side says on the connections that there are.
    func silence() {
        for channel in state.withLockedValue({ $0.channels }) {
            channel.pipeline.fireUserInboundEventTriggered(Silence())
        }
    }

    private func accept(_ channel: any Channel) {
        let (port, isShut) = state.withLockedValue { state in
            state.count += 1
            if !state.isShut { state.channels.append(channel) }
            return (state.port, state.isShut)
        }
        guard !isShut else { return channel.close(promise: nil) }
        channel.glue(to: "127.0.0.1", port) { nil }
    }
}

extension Channel {
    /// Connects to a server and passes on all bytes in both directions. This channel is not read until then.
    ///
    /// - Parameter greeting: what to write to this channel first, once there is a connection.
    func glue(to host: String, _ port: Int, greeting: @escaping @Sendable () -> ByteBuffer?) {
        ClientBootstrap(group: eventLoop).channelOption(.autoRead, value: false).connect(host: host, port: port)
            .whenComplete { result in
                guard case .success(let other) = result else { return self.close(promise: nil) }
                do {
                    if let greeting = greeting() { self.writeAndFlush(greeting, promise: nil) }
                    try self.pipeline.syncOperations.addHandler(GlueHandler(to: other))
                    try other.pipeline.syncOperations.addHandler(GlueHandler(to: self))
                } catch {
                    return self.close(promise: nil)
                }
                guard self.isActive else { return other.close(promise: nil) }
                for channel in [self, other] { _ = channel.setOption(.autoRead, value: true) }
            }
    }
}

/// Says when a channel is active: before that nothing can be read from it.
private final class ActiveHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onActive: (any Channel) -> Void

    init(_ onActive: @escaping (any Channel) -> Void) { self.onActive = onActive }

    func channelActive(context: ChannelHandlerContext) {
        onActive(context.channel)
        context.fireChannelActive()
    }
}

/// Told to the channel of a client.
private struct Silence: Sendable {}

private final class GlueHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel
    private var isSilent = false

    init(to other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if !isSilent { other.writeAndFlush(Self.unwrapInboundIn(data), promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard let silence = event as? Silence else { return context.fireUserInboundEventTriggered(event) }
        guard !isSilent else { return }
        isSilent = true
        other.pipeline.fireUserInboundEventTriggered(silence)
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
