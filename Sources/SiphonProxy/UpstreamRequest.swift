import NIOCore
import NIOHTTP1
import SiphonCore

/// The upstream's answer to one request, whole.
struct UpstreamResponse {
    var head: HTTPResponseHead
    var body: ByteBuffer
}

/// One kept-alive HTTP connection to the upstream with at most one request under way: a polling session has two, for
/// its GETs and for its POSTs (Engine.IO v4, HTTP long-polling).
final class UpstreamHTTPConnection {
    enum Failure: Error, Equatable {
        case unreachable
        case brokeOff
        case tooLarge
        case badResponse
    }

    typealias Completion = (Result<UpstreamResponse, Failure>) -> Void

    private let eventLoop: any EventLoop
    private let dialer: UpstreamDialer
    private let limits: Limits
    private var handler: UpstreamResponseHandler?
    private var generation = 0
    private var isClosed = false

    init(eventLoop: any EventLoop, dialer: UpstreamDialer, limits: Limits) {
        self.eventLoop = eventLoop
        self.dialer = dialer
        self.limits = limits
    }

    /// Sends a request. A connection that the upstream closed between two requests is opened anew; so is one that
    /// closes before a GET on it got a single byte of answer.
    func send(
        _ head: HTTPRequestHead, body: ByteBuffer?, answerBytesLimit: Int, completion: @escaping Completion
    ) {
        guard !isClosed else { return completion(.failure(.brokeOff)) }
        guard let handler, handler.isUsable else { return connectAndSend(head, body, answerBytesLimit, completion) }
        handler.send(head, body, answerBytesLimit) { [weak self] result, gotBytes in
            guard let self, !gotBytes, head.method == .GET, result.isBrokenOff, !self.isClosed else {
                return completion(result)
            }
            self.connectAndSend(head, body, answerBytesLimit, completion)
        }
    }

    private func connectAndSend(
        _ head: HTTPRequestHead, _ body: ByteBuffer?, _ answerBytesLimit: Int, _ completion: @escaping Completion
    ) {
        generation += 1
        let handler = UpstreamResponseHandler()
        let bound = NIOLoopBound((self, handler, completion), eventLoop: eventLoop)
        let generation = generation
        let limits = limits
        dialer.connect(on: eventLoop) { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                try pipeline.addUpstreamHTTPHandlers(limits: limits)
                try pipeline.addHandler(bound.value.1)
            }
        }.whenComplete { result in
            let (connection, handler, completion) = bound.value
            guard case .success = result, !connection.isClosed, connection.generation == generation else {
                handler.close()
                return completion(.failure(.unreachable))
            }
            connection.handler = handler
            handler.send(head, body, answerBytesLimit) { result, _ in completion(result) }
        }
    }

    /// Ends the connection and whatever is under way; completions of it are still called.
    func close() {
        isClosed = true
        handler?.close()
        handler = nil
    }
}

extension Result where Failure == UpstreamHTTPConnection.Failure {
    fileprivate var isBrokenOff: Bool {
        if case .failure(.brokeOff) = self { true } else { false }
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// Puts the HTTP client in, with the process's limits.
    func addUpstreamHTTPHandlers(limits: Limits) throws {
        let decoder = HTTPResponseDecoder(
            leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .forward,
            limitConfiguration: .init(limits))
        try addHandler(HTTPRequestEncoder())
        try addHandler(ByteToMessageHandler(decoder))
    }
}

extension NIOHTTPDecoderLimitConfiguration {
    init(_ limits: Limits) {
        self.init()
        maxHeaderFieldSize = limits.headerBytes
        maxHeaderListSize = limits.headerBytes
        maxHeaderFieldCount = limits.headerFields
    }
}

/// Gathers one response after the other.
private final class UpstreamResponseHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart
    typealias Answer = (Result<UpstreamResponse, UpstreamHTTPConnection.Failure>, _ gotBytes: Bool) -> Void

    private var bodyLimitBytes = 0
    private var context: ChannelHandlerContext?
    private var answer: Answer?
    private var response: UpstreamResponse?
    private var isClosed = false

    var isUsable: Bool { context?.channel.isActive == true && answer == nil && !isClosed }

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
    }

    func close() {
        isClosed = true
        context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            guard head.status.code >= 200 else { return }
            response = UpstreamResponse(head: head, body: ByteBuffer())
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
            if !response.head.isKeepAlive { close() }
            finish(.success(response))
        }
    }

    func channelInactive(context: ChannelHandlerContext) { fail(.brokeOff) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error is HTTPParserError ? .badResponse : .brokeOff)
    }

    private func fail(_ failure: UpstreamHTTPConnection.Failure) {
        close()
        finish(.failure(failure))
    }

    private func finish(_ result: Result<UpstreamResponse, UpstreamHTTPConnection.Failure>) {
        guard let answer else { return }
        self.answer = nil
        answer(result, response != nil)
    }
}
