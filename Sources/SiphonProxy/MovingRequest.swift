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
/// request is whole, a duplicate of its descriptor is adopted on the session's loop and the request is read there again.
/// From then on that client connection is where its session is, and nothing hops between threads.
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
    var limitsBodyTime: Bool { true }
    func clientClosedInput() -> Bool { false }
}

/// Takes the place of HTTP until HTTP is gone, then gives the socket to the other event loop, with all bytes that came.
private final class SocketMove: ChannelInboundHandler, HandoverTaker {
    typealias InboundIn = Never

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

    func handoverCompleted() {
        guard let context else { return }
        let duplicate = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { dup($0) }
        context.close(promise: nil)
        guard let duplicate, duplicate >= 0 else { return }
        adopt(duplicate, bytes.take())
    }

    private func adopt(_ socket: NIOBSDSocket.Handle, _ bytes: ByteBuffer) {
        let adopted = ClientBootstrap(group: target.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: TransportLoop.waterMark)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { [target] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addClientHandlers(router: target.value)
                }
            }
            .withConnectedSocket(socket)
        adopted.whenSuccess { channel in
            channel.pipeline.fireChannelRead(bytes)
            channel.pipeline.fireChannelReadComplete()
        }
        adopted.whenFailure { _ in _ = close(socket) }
    }
}
