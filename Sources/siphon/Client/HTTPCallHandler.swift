import NIOCore
import NIOHTTP1

/// Sends one request, gathers its answer and ends the connection.
final class HTTPCallHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let answerBytesLimit: Int
    private var context: ChannelHandlerContext?
    private var promise: EventLoopPromise<HTTPCall.Answer>?
    private var deadline: Scheduled<Void>?
    private var answer: HTTPCall.Answer?

    init(answerBytesLimit: Int) { self.answerBytesLimit = answerBytesLimit }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    /// To be called on the event loop, once.
    func send(
        _ head: HTTPRequestHead, _ body: ByteBuffer?, timeout: TimeAmount
    ) -> EventLoopFuture<HTTPCall.Answer> {
        guard let context, context.channel.isActive else { preconditionFailure("a call needs an open connection") }
        let promise = context.eventLoop.makePromise(of: HTTPCall.Answer.self)
        self.promise = promise
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: timeout) { self.finish(.failure(.timedOut)) }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if let body { context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 else { return }
            answer = HTTPCall.Answer(status: head.status.code, body: [])
        case .body(let bytes):
            guard let size = answer?.body.count else { return }
            guard size + bytes.readableBytes <= answerBytesLimit else { return finish(.failure(.tooLarge)) }
            answer?.body.append(contentsOf: bytes.readableBytesView)
        case .end:
            guard let answer else { return }
            finish(.success(answer))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(.brokeOff))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error as? HTTPParserError {
        case .invalidEOFState, nil: finish(.failure(.brokeOff))
        default: finish(.failure(.notHTTP))
        }
    }

    private func finish(_ result: Result<HTTPCall.Answer, HTTPCall.Failure>) {
        deadline?.cancel()
        deadline = nil
        // Closing tells of a loss, which is none once there is a result.
        let promise = promise
        self.promise = nil
        promise?.completeWith(result.mapError { $0 as any Error })
        context?.close(promise: nil)
    }
}
