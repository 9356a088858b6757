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

    /// No request will move from here any more.
    func stop() { bytes = nil }

    /// The head at the front was taken by somebody here. A chunked body has other bytes than its pieces.
    func dropHead(isChunked: Bool) {
        // RFC 9112, 2.2: blank lines may come before a request.
        while let first = bytes?.readableBytesView.first, first == UInt8(ascii: "\r") || first == UInt8(ascii: "\n") {
            bytes?.moveReaderIndex(forwardBy: 1)
        }
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
