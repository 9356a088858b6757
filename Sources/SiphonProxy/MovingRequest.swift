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
    private let head: HTTPRequestHead
    private let client: ClientHandler
    private let home: SessionHome
    private let target: NIOLoopBound<ProxyLoop>
    private var body = ByteBuffer()
    private var isBodyTooLarge = false

    init(_ head: HTTPRequestHead, client: ClientHandler, to target: NIOLoopBound<ProxyLoop>, home: SessionHome) {
        self.head = head
        self.client = client
        self.target = target
        self.home = home
    }

    func receiveHead() { client.sendContinue() }

    func receiveBody(_ bytes: ByteBuffer) {
        isBodyTooLarge = isBodyTooLarge || body.readableBytes + bytes.readableBytes > home.messageBytesLimit
        if isBodyTooLarge { body = ByteBuffer() } else { body.writeImmutableBuffer(bytes) }
    }

    func receiveEnd(_ trailers: HTTPHeaders?) {
        guard !isBodyTooLarge else { return client.respond(.payloadTooLarge, text: "") }
        guard client.giveWay(to: SocketMove(reading: whole(), on: target)) else {
            return client.respond(.badRequest, text: "Siphon: requests of a session cannot be pipelined.\n")
        }
    }

    /// The request as bytes, with its length said at its head.
    private func whole() -> ByteBuffer {
        var bytes = ByteBuffer(string: "\(head.method.rawValue) \(head.uri) HTTP/1.\(head.version.minor)\r\n")
        for field in head.headers where !Self.framing.contains(field.name.lowercased()) {
            bytes.writeString("\(field.name): \(field.value)\r\n")
        }
        if head.method == .POST || body.readableBytes > 0 {
            bytes.writeString("Content-Length: \(body.readableBytes)\r\n")
        }
        bytes.writeString("\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    private static let framing: Set<String> = ["content-length", "transfer-encoding", "trailer", "expect"]

    var limitsBodyTime: Bool { true }
    func clientClosedInput() -> Bool { false }
}

/// Takes the place of HTTP until the last byte that HTTP held is out, then gives the socket to the other event loop.
private final class SocketMove: ChannelInboundHandler, HandoverTaker {
    typealias InboundIn = ByteBuffer

    private let target: NIOLoopBound<ProxyLoop>
    private var bytes: ByteBuffer
    private var context: ChannelHandlerContext?

    init(reading request: ByteBuffer, on target: NIOLoopBound<ProxyLoop>) {
        bytes = request
        self.target = target
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.writeImmutableBuffer(Self.unwrapInboundIn(data))
    }

    func handoverCompleted() {
        guard let context else { return }
        let duplicate = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { dup($0) }
        context.close(promise: nil)
        guard let duplicate, duplicate >= 0 else { return }
        adopt(duplicate)
    }

    private func adopt(_ socket: NIOBSDSocket.Handle) {
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
        adopted.whenSuccess { [bytes] channel in
            channel.pipeline.fireChannelRead(bytes)
            channel.pipeline.fireChannelReadComplete()
        }
        adopted.whenFailure { _ in _ = close(socket) }
    }
}
