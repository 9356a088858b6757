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
    private let target: NIOLoopBound<ProxyLoop>
    private let bodyLimitBytes: Int
    private var body = ByteBuffer()
    private var isBodyTooLarge = false

    init(_ head: HTTPRequestHead, client: ClientHandler, to target: NIOLoopBound<ProxyLoop>, limits: Limits) {
        self.head = head
        self.client = client
        self.target = target
        bodyLimitBytes = limits.messageBytes
    }

    func receiveHead() {}

    func receiveBody(_ bytes: ByteBuffer) {
        isBodyTooLarge = isBodyTooLarge || body.readableBytes + bytes.readableBytes > bodyLimitBytes
        if isBodyTooLarge { body = ByteBuffer() } else { body.writeImmutableBuffer(bytes) }
    }

    func receiveEnd(_ trailers: HTTPHeaders?) {
        guard !isBodyTooLarge else { return client.respond(.payloadTooLarge, text: "") }
        let request = whole()
        guard let socket = client.takeSocket() else {
            return client.respond(.badRequest, text: "Siphon: requests of a session cannot be pipelined.\n")
        }
        Self.adopt(socket, reading: request, on: target)
    }

    /// The request as bytes, with its length said at its head.
    private func whole() -> ByteBuffer {
        var bytes = ByteBuffer(string: "\(head.method.rawValue) \(head.uri) HTTP/1.\(head.version.minor)\r\n")
        for field in head.headers where !Self.framing.contains(field.name.lowercased()) {
            bytes.writeString("\(field.name): \(field.value)\r\n")
        }
        if head.method != .GET { bytes.writeString("Content-Length: \(body.readableBytes)\r\n") }
        bytes.writeString("\r\n")
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    private static let framing: Set<String> = ["content-length", "transfer-encoding", "trailer", "expect"]

    private static func adopt(
        _ socket: NIOBSDSocket.Handle, reading request: ByteBuffer, on target: NIOLoopBound<ProxyLoop>
    ) {
        let adopted = ClientBootstrap(group: target.eventLoop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: ProxyLoop.waterMark)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addClientHandlers(loop: target.value)
                }
            }
            .withConnectedSocket(socket)
        adopted.whenSuccess { channel in
            channel.pipeline.fireChannelRead(request)
            channel.pipeline.fireChannelReadComplete()
        }
        adopted.whenFailure { _ in _ = close(socket) }
    }

    var mayReadBody: Bool { true }
    var limitsBodyTime: Bool { true }
    func clientWritabilityChanged() {}
    func clientLeft() {}
}
