package import NIOCore
package import NIOHTTP1
import SiphonCore

/// The HTTP side of one client connection: one request at a time goes to what takes it, by its target; responses go
/// out in order. After an upgrade it leaves the pipeline.
package final class ClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = HTTPServerRequestPart
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    /// How long a connection that is to close is still read from.
    private static let leavingTime = TimeAmount.milliseconds(500)

    private let router: any RequestRouter
    private let requestBytes: RequestBytes?
    private var context: ChannelHandlerContext?
    private var receiver: (any RequestReceiver)?
    private var isRequestComplete = true
    private var isResponseComplete = true
    private var hasSentHead = false
    private var keepsAlive = true
    private var isHEAD = false
    /// Whether the response has no body, whatever its fields say.
    private var isBodyless = false
    private var isHTTP10 = false
    private var awaitsContinue = false
    private var isLeaving = false
    private var hasLeft = false
    private var isInputClosed = false
    private var holdsRead = false
    /// Parts that came and were not taken yet: of pipelined requests, no more than what one turn of reading brings.
    private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 4)
    private var isTaking = false
    /// When the connection is closed for what has not come; nil while nothing is waited for.
    private var deadline: NIODeadline?
    /// What the client had not taken when its time was last over.
    private var unsentBytes = Int.max
    private var timer: DeadlineTimer?

    /// - Parameter requestBytes: stands before the decoder where the connection may move.
    package init(router: any RequestRouter, requestBytes: RequestBytes? = nil) {
        self.router = router
        self.requestBytes = requestBytes
    }

    package var channel: (any Channel)? { context?.channel }
    package var address: String { context?.channel.remoteAddress?.ipAddress ?? "unknown" }
    package var isWritable: Bool { context?.channel.isWritable ?? false }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = DeadlineTimer(eventLoop: context.eventLoop)
        timer?.onDeadline = closeIfLate
        if context.channel.isActive { awaitHead() }
    }

    package func channelActive(context: ChannelHandlerContext) {
        awaitHead()
        context.fireChannelActive()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    // MARK: Requests

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLeaving else { return }
        waiting.append(Self.unwrapInboundIn(data))
        takeWaiting()
    }

    /// Takes what came, up to the head that has to wait for the response before it. A response that is complete at
    /// once comes back to here: one loop takes them all, however many were pipelined.
    private func takeWaiting() {
        guard !isTaking else { return }
        isTaking = true
        while let part = waiting.first, !isBusy(with: part) {
            waiting.removeFirst()
            take(part)
        }
        isTaking = false
        guard receiver == nil, waiting.isEmpty, !isLeaving else { return }
        if isInputClosed { closeBehindWrites() } else { awaitHead() }
    }

    /// A new head waits until the response before it is complete.
    private func isBusy(with part: HTTPServerRequestPart) -> Bool {
        if case .head = part { receiver != nil } else { false }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head): begin(head)
        case .body(let bytes):
            awaitsContinue = false
            if receiver?.keepsBytes != true { requestBytes?.dropBody(bytes.readableBytes) }
            receiver?.receiveBody(bytes)
        case .end(let trailers):
            deadline = nil
            isRequestComplete = true
            receiver?.receiveEnd(trailers)
        }
    }

    private func begin(_ head: HTTPRequestHead) {
        deadline = nil
        isRequestComplete = false
        isResponseComplete = false
        hasSentHead = false
        isHEAD = head.method == .HEAD
        isBodyless = isHEAD
        isHTTP10 = head.version.minor == 0
        awaitsContinue = !isHTTP10 && head.headers.first(name: "expect")?.lowercased() == "100-continue"
        keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
        let receiver = router.receiver(for: head, client: self)
        self.receiver = receiver
        if !receiver.keepsBytes {
            requestBytes?.dropHead(isChunked: head.headers.contains(name: "transfer-encoding"))
        }
        receiver.receiveHead()
        if receiver.limitsBodyTime { awaitBody() }
    }

    private func finishExchange() {
        receiver = nil
        takeWaiting()
        resumeReading()
    }

    /// A connection that brings no whole head in time is closed.
    private func awaitHead() {
        unsentBytes = .max
        require(within: router.limits.requestHead)
    }

    /// A connection whose request's body does not come to its end in time is closed. While the other hop is why it is
    /// not read, the time stands still: it begins anew with the next read.
    private func awaitBody() { require(within: router.limits.requestBody) }

    private func require(within time: Duration) {
        guard let context else { return }
        let deadline = context.eventLoop.now + TimeAmount(time)
        self.deadline = deadline
        timer?.require(deadline)
    }

    /// A client that still takes what it was answered is not late.
    private func closeIfLate() {
        guard let context, let deadline else { return }
        guard deadline <= context.eventLoop.now else { return timer?.require(deadline) ?? () }
        if receiver == nil {
            let unsent = context.channel.unsentBytes
            guard unsent == 0 || unsent >= unsentBytes else {
                unsentBytes = unsent
                return require(within: router.limits.requestHead)
            }
        } else if holdsRead {
            return
        }
        context.close(promise: nil)
    }

    package func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { holdsRead = true }
    }

    /// A client that does not take its responses sends no further requests.
    private var mayRead: Bool {
        guard !isLeaving else { return true }
        guard let receiver else { return isWritable }
        return !isRequestComplete && receiver.mayReadBody
    }

    /// The receiver can take more of the body, or something changed that it judges by.
    package func resumeReading() {
        guard holdsRead, mayRead else { return }
        holdsRead = false
        if let receiver, !isRequestComplete, receiver.limitsBodyTime { awaitBody() }
        context?.read()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        receiver?.clientWritabilityChanged()
        resumeReading()
        context.fireChannelWritabilityChanged()
    }

    /// The client closed its half, or all: only the next write tells. What it asked before is still answered.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        isInputClosed = true
        guard !isLeaving else { return hasLeft ? context.close(promise: nil) : () }
        guard let receiver else { return takeWaiting() }
        if !isRequestComplete || !receiver.clientClosedInput() { context.close(promise: nil) }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        let receiver = receiver
        self.receiver = nil
        waiting.removeAll()
        receiver?.clientLeft()
        context.fireChannelInactive()
    }

    /// A request that is no HTTP/1 gets an answer where none is under way, and its connection ends.
    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let parserError = error as? HTTPParserError
        guard parserError != nil, receiver == nil, !isLeaving else {
            context.close(promise: nil)
            return
        }
        keepsAlive = false
        let isTooLarge = parserError == .headerOverflow
        isRequestComplete = true
        isResponseComplete = false
        hasSentHead = false
        isHEAD = false
        isBodyless = false
        respond(
            isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            text: isTooLarge
                ? "The request's head has more than \(router.limits.headerFields) fields or \(router.limits.headerBytes) bytes.\n"
                : "This is no HTTP/1.1 request that Siphon can read (\(error)).\n")
    }

    // MARK: Responses

    /// Whether the client waits for a word before it sends the body (RFC 9110, 10.1.1).
    package var isAwaitingContinue: Bool { awaitsContinue && !isResponseComplete && !hasSentHead }

    /// Tells a client that waits for it to send the body.
    package func sendContinue() {
        guard isAwaitingContinue, let context else { return }
        awaitsContinue = false
        context.write(
            Self.wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
        context.flush()
    }

    package func sendHead(_ head: HTTPResponseHead) {
        guard !isResponseComplete, let context else { return }
        var head = head
        // RFC 9110, 15.2: HTTP/1.0 knows no interim responses.
        guard head.status.code >= 200 || !isHTTP10 else { return }
        if head.status.code >= 200 {
            hasSentHead = true
            frame(&head)
        }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Says how the response ends (RFC 9112, 6.3) and whether the connection outlives it.
    private func frame(_ head: inout HTTPResponseHead) {
        isBodyless = isHEAD || !head.status.mayHaveResponseBody
        if !isBodyless {
            if isHTTP10 { head.headers.remove(name: "Transfer-Encoding") }
            let isChunked = head.headers.contains(name: "transfer-encoding")
            if isChunked {
                head.headers.remove(name: "Content-Length")
            } else if !head.headers.contains(name: "content-length") {
                if isHTTP10 {
                    keepsAlive = false
                } else {
                    head.headers.add(name: "Transfer-Encoding", value: "chunked")
                }
            }
        }
        keepsAlive = keepsAlive && isRequestComplete
        if !keepsAlive {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
        } else if isHTTP10 {
            head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
        }
    }

    package func sendBody(_ bytes: ByteBuffer) {
        guard !isResponseComplete, !isBodyless, let context else { return }
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    package func sendEnd(_ trailers: HTTPHeaders? = nil) {
        guard !isResponseComplete, let context else { return }
        isResponseComplete = true
        guard keepsAlive, isRequestComplete else { return sendLastEnd(trailers, context) }
        if !isBodyless { context.write(Self.wrapOutboundOut(.end(trailers)), promise: nil) }
        context.flush()
        finishExchange()
    }

    package func flush() { context?.flush() }

    /// The connection ends behind the response that is to come.
    package func closeAfterResponse() { keepsAlive = false }

    /// The whole response at once.
    ///
    /// - Parameter headers: without `Content-Length`.
    package func respond(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer) {
        var headers = headers
        if status.mayHaveResponseBody { headers.add(name: "Content-Length", value: String(body.readableBytes)) }
        sendHead(HTTPResponseHead(version: .http1_1, status: status, headers: headers))
        if body.readableBytes > 0 { sendBody(body) }
        sendEnd()
    }

    package func respond(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], text: String) {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "text/plain; charset=UTF-8")
        respond(status, headers: headers, body: ByteBuffer(string: text))
    }

    /// The response broke off: the client must not take what it has for the whole.
    package func breakOff() {
        isLeaving = true
        isResponseComplete = true
        receiver = nil
        waiting.removeAll()
        context?.close(promise: nil)
    }

    /// Ends the connection behind the response. What the client still sends is read and thrown away for a moment,
    /// lest a reset overtake the response.
    private func sendLastEnd(_ trailers: HTTPHeaders?, _ context: ChannelHandlerContext) {
        isLeaving = true
        requestBytes?.stop()
        awaitHead()
        receiver = nil
        waiting.removeAll()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in bound.value.leave() }
        // Where there is no body, an end might be written as a last chunk.
        let last: HTTPServerResponsePart = isBodyless ? .body(.byteBuffer(ByteBuffer())) : .end(trailers)
        context.writeAndFlush(Self.wrapOutboundOut(last), promise: sent)
        resumeReading()
    }

    /// Closes once all is written that was answered.
    private func closeBehindWrites() {
        guard let context else { return }
        isLeaving = true
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in bound.value.close(promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: sent)
        awaitHead()
    }

    /// The response is out: a client that closes is waited for, for a moment.
    private func leave() {
        hasLeft = true
        guard let context else { return }
        guard !isInputClosed else { return context.close(promise: nil) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.close(mode: .output, promise: nil)
        context.eventLoop.scheduleTask(in: Self.leavingTime) { bound.value.close(promise: nil) }
    }

    // MARK: Moving

    /// Gives the connection up, without a word to the client: `handler` is made with all bytes from the request under
    /// way on. False where it is not known which these are.
    package func giveWay(to handler: (RequestBytes) -> any HandoverTaker) -> Bool {
        guard let context, let requestBytes, requestBytes.isKnown else { return false }
        waiting.removeAll()
        leavePipeline(context, to: handler(requestBytes))
        return true
    }

    private func leavePipeline(_ context: ChannelHandlerContext, to handler: any HandoverTaker) {
        deadline = nil
        isLeaving = true
        isResponseComplete = true
        receiver = nil
        do {
            try context.pipeline.syncOperations.handOver(
                from: context, HTTPResponseEncoder.self, HTTPRequestDecoder.self, to: handler)
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: Upgrade

    /// Answers 101 and puts `handler` in the place of HTTP. Bytes that came after the request go to it.
    package func upgrade(headers: HTTPHeaders, to handler: any HandoverTaker) {
        guard let context, !isResponseComplete else { return }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        requestBytes?.stop()
        leavePipeline(context, to: handler)
    }
}
