import NIOCore
import NIOPosix

/// A server on 127.0.0.1 that answers whatever comes first with a text, or hangs up.
enum PlainTalker {
    static func running<Outcome>(_ text: String?, _ body: (Int) async throws -> Outcome) async throws -> Outcome {
        let channel = try await ServerBootstrap(group: LoopbackServer.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Handler(text)) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            let outcome = try await body(channel.localAddress?.port ?? 0)
            try await channel.close()
            return outcome
        } catch {
            try await channel.close()
            throw error
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let text: String?

        init(_ text: String?) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let text else { return context.close(promise: nil) }
            context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
