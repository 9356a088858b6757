import NIOCore

/// Asks a proxy for a tunnel and leaves once it is open (RFC 9110, 9.3.6).
final class ProxyTunnelHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The tunnel is open. What came through it already comes next.
    struct Opened {}

    private static let headEnd = [UInt8]("\r\n\r\n".utf8)
    private static let start = [UInt8]("HTTP/1.".utf8)

    private let request: String
    private let headBytesLimit: Int
    private var received = ByteBuffer()
    /// Bytes of heads that came before the answer's own.
    private var earlierBytes = 0
    /// Bytes of `received` that need not be looked through for the end again.
    private var seenBytes = 0
    private var isOver = false

    init(authority: String, authorization: String?, headBytesLimit: Int) {
        let credentials = authorization.map { "Proxy-Authorization: \($0)\r\n" } ?? ""
        request = "CONNECT \(authority) HTTP/1.1\r\nHost: \(authority)\r\n\(credentials)\r\n"
        self.headBytesLimit = headBytesLimit
    }

    /// On a channel that is active.
    func handlerAdded(context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        var bytes = Self.unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        do throws(HTTPConnection.Failure) {
            guard try isOpened() else { return }
            isOver = true
            context.fireUserInboundEventTriggered(Opened())
            if received.readableBytes > 0 { context.fireChannelRead(Self.wrapInboundOut(received)) }
            context.fireChannelReadComplete()
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        } catch {
            isOver = true
            context.fireErrorCaught(error)
        }
    }

    /// Reads heads until the answer's own; what is left is the tunnel's.
    private func isOpened() throws(HTTPConnection.Failure) -> Bool {
        while let status = try nextStatus() {
            switch status {
            case 101, 300...: throw .proxyRefused(status: status)
            case 200...: return true
            default: break  // 100 and its like come before the answer.
            }
        }
        return false
    }

    private func nextStatus() throws(HTTPConnection.Failure) -> Int? {
        guard zip(received.readableBytesView, Self.start).allSatisfy(==) else { throw Self.notHTTP }
        let unseen = received.readableBytesView.dropFirst(seenBytes)
        guard let end = unseen.firstRange(of: Self.headEnd) else {
            guard received.readableBytes + earlierBytes <= headBytesLimit else { throw Self.endless }
            seenBytes = max(0, received.readableBytes - Self.headEnd.count + 1)
            return nil
        }
        let size = end.upperBound - received.readerIndex
        guard size + earlierBytes <= headBytesLimit else { throw Self.endless }
        let line = received.readString(length: size)?.prefix { $0 != "\r\n" } ?? ""
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard words.count >= 2, words[1].utf8.count == 3, let status = Int(words[1]), status >= 100 else {
            throw Self.notHTTP
        }
        earlierBytes += size
        seenBytes = 0
        return status
    }

    private static let notHTTP = HTTPConnection.Failure.proxyFailed("what the proxy answered is not HTTP/1.1")
    private static let endless = HTTPConnection.Failure.proxyFailed("the head of the proxy's answer is too large")
}
