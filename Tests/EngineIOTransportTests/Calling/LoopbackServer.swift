import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// A server on 127.0.0.1 that reads the head of one request a connection and does what it was told to with it.
final class LoopbackServer: Sendable {
    enum Reaction: Sendable {
        case nothing
        case hangUp
        case answer(String)
        case answerAndHangUp(String)
        /// Answers and becomes a tunnel to a port of 127.0.0.1.
        case tunnel(String, port: Int)
        /// More and more of it.
        case endless(String)
    }

    /// What the server shows, and whether it wants to see a certificate too.
    struct Security: Sendable {
        var certificate: String
        var wantsClientCertificate = false
    }

    private let channel: any Channel
    private let seen = NIOLockedValueBox<[String]>([])

    static let group = MultiThreadedEventLoopGroup.singleton

    /// Runs `body` with the server's port and it.
    static func running<Outcome>(
        _ security: Security? = nil, react: @escaping @Sendable (String) -> Reaction,
        _ body: (LoopbackServer) async throws -> Outcome
    ) async throws -> Outcome {
        let server = try await LoopbackServer(security, react)
        do {
            let outcome = try await body(server)
            try await server.channel.close()
            return outcome
        } catch {
            try await server.channel.close()
            throw error
        }
    }

    private init(_ security: Security?, _ react: @escaping @Sendable (String) -> Reaction) async throws {
        let context = try security.map { try NIOSSLContext(configuration: Self.configuration($0)) }
        channel = try await ServerBootstrap(group: Self.group)
            .childChannelInitializer { [seen] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let context {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        Connection { head in
                            seen.withLockedValue { $0.append(head) }
                            return react(head)
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private static func configuration(_ security: Security) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(Array(security.certificate.utf8)).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(TestCertificates.key.utf8), format: .pem)))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        if security.wantsClientCertificate {
            configuration.certificateVerification = .noHostnameVerification
            configuration.trustRoots = .certificates(
                try NIOSSLCertificate.fromPEMBytes(Array(TestCertificates.authority.utf8)))
        }
        return configuration
    }

    var port: Int { channel.localAddress?.port ?? 0 }

    /// The heads of the requests that came.
    var requests: [String] { seen.withLockedValue { $0 } }

    private final class Connection: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let react: (String) -> Reaction
        private var received = ""
        private var hasReacted = false

        init(react: @escaping (String) -> Reaction) { self.react = react }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: Self.unwrapInboundIn(data))
            guard !hasReacted, received.contains("\r\n\r\n") else { return }
            hasReacted = true
            switch react(received) {
            case .nothing: break
            case .hangUp: context.close(promise: nil)
            case .answer(let text): write(text, context)
            case .answerAndHangUp(let text):
                write(text, context)
                context.close(promise: nil)
            case .tunnel(let answer, let port): tunnel(answer, port, context)
            case .endless(let text): writeOn(String(repeating: text, count: 1000), context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) {
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        private func writeOn(_ text: String, _ context: ChannelHandlerContext) {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text))).whenSuccess {
                // In the next turn of the loop: a write that is done at once would lead ever deeper here.
                bound.eventLoop.execute { bound.value.0.writeOn(text, bound.value.1) }
            }
        }

        private func tunnel(_ answer: String, _ port: Int, _ context: ChannelHandlerContext) {
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            ClientBootstrap(group: context.eventLoop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Glue(other: bound.value.1.channel))
                    }
                }
                .connect(host: "127.0.0.1", port: port)
                .whenSuccess { other in
                    let (connection, context) = bound.value
                    connection.write(answer, context)
                    try? context.pipeline.syncOperations.addHandler(Glue(other: other))
                    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
                }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private final class Glue: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let other: any Channel

        init(other: any Channel) { self.other = other }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            other.writeAndFlush(Self.unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
