import NIOCore
import NIOHTTP1
import SiphonCore

/// Gathers one response after the other.
final class HTTPResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    typealias Answer = (Result<HTTPResponse, HTTPConnection.Failure>, _ gotBytes: Bool) -> Void

    private var bodyLimitBytes = 0
    private var context: ChannelHandlerContext?
    private var answer: Answer?
    private var response: HTTPResponse?
    private var isClosed = false

    var isUsable: Bool { context?.channel.isActive == true && answer == nil && !isClosed }

    /// What the peer has not taken of the request under way, when that was last looked at; nil where it is not watched.
    private var watchedBytes: Int?

    var unsentBytes: Int { context?.channel.unsentBytes ?? 0 }

    /// From here on `hasProgressed` tells.
    func watchProgress() {
        context?.channel.keepUnsentBytes()
        watchedBytes = 0
    }

    /// Whether the peer has taken some of the request under way since it was written, or since this was asked last.
    func hasProgressed() -> Bool {
        guard let watchedBytes, answer != nil else { return false }
        let unsent = unsentBytes
        self.watchedBytes = unsent
        return unsent != watchedBytes
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func send(_ head: HTTPRequestHead, _ body: ByteBuffer?, _ answerBytesLimit: Int, answer: @escaping Answer) {
        guard let context, context.channel.isActive else { return answer(.failure(.brokeOff), false) }
        self.answer = answer
        bodyLimitBytes = answerBytesLimit
        response = nil
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if let body { context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        if watchedBytes != nil { watchedBytes = unsentBytes }
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 else { return }
            response = HTTPResponse(head: head, body: ByteBuffer())
        case .body(let bytes):
            guard response != nil else { return }
            guard (response?.body.readableBytes ?? 0) + bytes.readableBytes <= bodyLimitBytes else {
                return fail(.tooLarge)
            }
            if response?.body.readableBytes == 0 {
                response?.body = bytes
            } else {
                response?.body.writeImmutableBuffer(bytes)
            }
        case .end:
            guard let response else { return }
            self.response = nil
            // The answer is handed on before the connection closes, which would tell of a loss.
            isClosed = isClosed || !response.head.isKeepAlive
            finish(.success(response))
            if isClosed { context.close(promise: nil) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { fail(.brokeOff) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(.init(reading: error))
    }

    private func fail(_ failure: HTTPConnection.Failure) {
        isClosed = true
        // Told first: the closing may tell of a loss at once.
        finish(.failure(failure))
        context?.close(promise: nil)
    }

    private func finish(_ result: Result<HTTPResponse, HTTPConnection.Failure>) {
        guard let answer else { return }
        self.answer = nil
        answer(result, response != nil)
    }
}
