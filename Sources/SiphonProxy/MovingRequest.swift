import EngineIOTransport
import NIOCore
import NIOHTTP1
import NIOPosix
import SiphonCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A request of a session that lives on another event loop. NIO's channels cannot move, so the socket does: once the
/// request is whole, a duplicate of its descriptor is adopted on the session's loop and the request is read there
/// again. From then on that client connection is where its session is, and nothing hops between threads.
final class MovingRequest: RequestReceiver {
    private let client: ClientHandler
    private let home: SessionHome
    private let target: NIOLoopBound<ProxyLoop>
    private var bodyBytes = 0

    init(client: ClientHandler, to target: NIOLoopBound<ProxyLoop>, home: SessionHome) {
        self.client = client
        self.target = target
        self.home = home
    }

    func receiveHead() { client.sendContinue() }

    func receiveBody(_ bytes: ByteBuffer) {
        bodyBytes += bytes.readableBytes
        guard bodyBytes > home.messageBytesLimit else { return }
        client.respond(.payloadTooLarge, text: "")
    }

    func receiveEnd(_ trailers: HTTPHeaders?) {
        guard client.giveWay(to: { SocketMove($0, to: target) }) else {
            return client.respond(
                .badRequest, text: "Siphon: behind a chunked request, no other session's can follow here.\n")
        }
    }

    var keepsBytes: Bool { true }
    func clientClosedInput() -> Bool { false }
}

/// Takes the place of HTTP until HTTP is gone, then gives the socket to the other event loop, with all bytes that came.
private final class SocketMove: ChannelDuplexHandler, HandoverTaker {
    typealias InboundIn = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let bytes: RequestBytes
    private let target: NIOLoopBound<ProxyLoop>
    private var context: ChannelHandlerContext?

    init(_ bytes: RequestBytes, to target: NIOLoopBound<ProxyLoop>) {
        self.bytes = bytes
        self.target = target
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// What the decoder still says is among the bytes.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    /// What comes now is for the other event loop.
    func read(context: ChannelHandlerContext) {}

    /// Earlier responses go out first.
    func handoverCompleted() {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenSuccess { bound.value.move() }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: written)
    }

    private func move() {
        guard let context else { return }
        let duplicate = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { dup($0) }
        let bytes = bytes.take()
        context.close(promise: nil)
        let target = target
        guard let duplicate, duplicate >= 0 else { return }
        target.eventLoop.execute { Self.adopt(duplicate, bytes, on: target) }
    }

    /// On the target's loop, so that nothing is read before the bytes that are here. NIO closes what it cannot adopt.
    private static func adopt(
        _ socket: NIOBSDSocket.Handle, _ bytes: ByteBuffer, on target: NIOLoopBound<ProxyLoop>
    ) {
        ClientBootstrap(group: target.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: TransportLoop.waterMark)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addClientHandlers(router: target.value)
                }
            }
            .withConnectedSocket(socket)
            .whenSuccess { channel in
                channel.pipeline.fireChannelRead(bytes)
                channel.pipeline.fireChannelReadComplete()
            }
    }
}
