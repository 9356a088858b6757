package import NIOCore

/// The bytes of the request under way and of what came behind it, as they came: on a connection that may move to
/// another event loop, where they are read again. It stands before the HTTP decoder, which gives back none of them.
package final class RequestBytes: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer

    /// Nil once it is no longer known where a request begins.
    private var bytes: ByteBuffer? = ByteBuffer()

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes?.writeImmutableBuffer(Self.unwrapInboundIn(data))
        context.fireChannelRead(data)
    }

    package var isKnown: Bool { bytes != nil }

    /// All of them; they are no longer kept.
    package func take() -> ByteBuffer {
        defer { bytes = nil }
        return bytes ?? ByteBuffer()
    }

    /// The head at the front was taken by somebody here. A chunked body has other bytes than its pieces.
    func dropHead(isChunked: Bool) {
        guard !isChunked, let end = bytes?.readableBytesView.firstRange(of: "\r\n\r\n".utf8)?.upperBound else {
            return bytes = nil
        }
        bytes?.moveReaderIndex(to: end)
        bytes?.discardReadBytes()
    }

    /// So much of the body at the front was taken by somebody here.
    func dropBody(_ count: Int) {
        guard let readable = bytes?.readableBytes, readable >= count else { return bytes = nil }
        bytes?.moveReaderIndex(forwardBy: count)
        if readable == count { bytes?.clear() }
    }
}
