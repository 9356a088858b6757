import NIOCore
import NIOHTTP1
import SiphonCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Finds what takes a request, by its head.
protocol RequestRouter: AnyObject {
    var limits: Limits { get }
    func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver
}

/// What takes one client request. Calls come on the client channel's event loop, in order.
protocol RequestReceiver: AnyObject {
    /// Comes at once, when the client can be answered.
    func receiveHead()
    func receiveBody(_ bytes: ByteBuffer)
    func receiveEnd(_ trailers: HTTPHeaders?)
    /// Whether more of the body may be read now.
    var mayReadBody: Bool { get }
    /// Whether the body has to be whole within `Limits.requestBody`.
    var limitsBodyTime: Bool { get }
    /// What waits to be sent to the client has become little enough, or too much.
    func clientWritabilityChanged()
    /// The client's connection went away, or the response could not be sent to its end.
    func clientLeft()
}

/// The HTTP side of one client connection: one request at a time goes to what takes it, by its target; responses go
/// out in order. After an upgrade it leaves the pipeline.
final class ClientHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// How long a connection that is to close is still read from.
    private static let leavingTime = TimeAmount.milliseconds(500)

    private let router: any RequestRouter
    private var context: ChannelHandlerContext?
    private var receiver: (any RequestReceiver)?
    private var isRequestComplete = true
    private var isResponseComplete = true
    private var hasSentHead = false
    private var keepsAlive = true
    private var isLeaving = false
    private var holdsRead = false
    /// Parts of pipelined requests: no more than one read brings.
    private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    private var idle: Scheduled<Void>?

    init(router: any RequestRouter) { self.router = router }

    var channel: (any Channel)? { context?.channel }
    var address: String { context?.channel.remoteAddress?.ipAddress ?? "unknown" }
    var isWritable: Bool { context?.channel.isWritable ?? false }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { awaitHead() }
    }

    func channelActive(context: ChannelHandlerContext) {
        awaitHead()
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        idle?.cancel()
        self.context = nil
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLeaving else { return }
        let part = Self.unwrapInboundIn(data)
        if !waiting.isEmpty || isBusy(with: part) { return waiting.append(part) }
        take(part)
    }

    /// A new head waits until the response before it is complete.
    private func isBusy(with part: HTTPServerRequestPart) -> Bool {
        if case .head = part { receiver != nil } else { false }
    }

    private func take(_ part: HTTPServerRequestPart) {
        switch part {
        case .head(let head):
            idle?.cancel()
            isRequestComplete = false
            isResponseComplete = false
            hasSentHead = false
            keepsAlive = head.isKeepAlive && head.headers["upgrade"].isEmpty
            let receiver = router.receiver(for: head, client: self)
            self.receiver = receiver
            receiver.receiveHead()
            if receiver.limitsBodyTime { awaitBody() }
        case .body(let bytes): receiver?.receiveBody(bytes)
        case .end(let trailers):
            idle?.cancel()
            isRequestComplete = true
            let receiver = receiver
            if isResponseComplete { finishExchange() }
            receiver?.receiveEnd(trailers)
        }
    }

    private func finishExchange() {
        receiver = nil
        guard let context else { return }
        while receiver == nil, let part = waiting.popFirst() { take(part) }
        while let next = waiting.first, !isBusy(with: next) { take(waiting.removeFirst()) }
        if receiver == nil { awaitHead() }
        if holdsRead, mayRead {
            holdsRead = false
            context.read()
        }
    }

    /// Closes a connection that brings no whole head in time.
    private func awaitHead() {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idle?.cancel()
        idle = context.eventLoop.scheduleTask(in: TimeAmount(router.limits.requestHead)) {
            guard bound.value.receiver == nil, !bound.value.isLeaving else { return }
            bound.value.context?.close(promise: nil)
        }
    }

    /// Closes a connection whose request's body does not come to its end in time.
    private func awaitBody() {
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        idle?.cancel()
        idle = context.eventLoop.scheduleTask(in: TimeAmount(router.limits.requestBody)) {
            guard !bound.value.isRequestComplete else { return }
            bound.value.context?.close(promise: nil)
        }
    }

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { holdsRead = true }
    }

    private var mayRead: Bool {
        guard !isLeaving, let receiver else { return true }
        return !isRequestComplete && receiver.mayReadBody
    }

    /// The receiver can take more of the body, or something changed that it judges by.
    func resumeReading() {
        guard holdsRead, mayRead else { return }
        holdsRead = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        receiver?.clientWritabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        idle?.cancel()
        let receiver = receiver
        self.receiver = nil
        waiting.removeAll()
        receiver?.clientLeft()
        context.fireChannelInactive()
    }

    /// A request that is no HTTP/1 gets an answer where none is under way, and its connection ends.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
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
        respond(
            isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            text: isTooLarge
                ? "The request's head has more than \(router.limits.headerFields) fields or \(router.limits.headerBytes) bytes.\n"
                : "This is no HTTP/1.1 request that Siphon can read (\(error)).\n")
    }

    // MARK: Responses

    func sendHead(_ head: HTTPResponseHead) {
        guard !isResponseComplete, let context else { return }
        var head = head
        let isFinal = head.status.code >= 200 || head.status == .switchingProtocols
        hasSentHead = hasSentHead || isFinal
        if isFinal, head.status != .switchingProtocols, !keepsAlive || !isRequestComplete {
            head.headers.replaceOrAdd(name: "Connection", value: "close")
            keepsAlive = false
        }
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
    }

    func sendBody(_ bytes: ByteBuffer) {
        guard !isResponseComplete, let context else { return }
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    func sendEnd(_ trailers: HTTPHeaders? = nil) {
        guard !isResponseComplete, let context else { return }
        isResponseComplete = true
        guard keepsAlive, isRequestComplete else { return sendLastEnd(trailers, context) }
        context.writeAndFlush(Self.wrapOutboundOut(.end(trailers)), promise: nil)
        finishExchange()
    }

    func flush() { context?.flush() }

    /// The whole response at once.
    func respond(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], body: ByteBuffer) {
        var headers = headers
        if status.mayHaveResponseBody {
            headers.replaceOrAdd(name: "Content-Length", value: String(body.readableBytes))
        }
        sendHead(HTTPResponseHead(version: .http1_1, status: status, headers: headers))
        if body.readableBytes > 0 { sendBody(body) }
        sendEnd()
    }

    func respond(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:], text: String) {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: "text/plain; charset=UTF-8")
        respond(status, headers: headers, body: ByteBuffer(string: text))
    }

    /// The response broke off: the client must not take what it has for the whole.
    func breakOff() {
        isResponseComplete = true
        receiver = nil
        context?.close(promise: nil)
    }

    /// Ends the connection behind the response. What the client still sends is read and thrown away for a moment,
    /// lest a reset overtake the response.
    private func sendLastEnd(_ trailers: HTTPHeaders?, _ context: ChannelHandlerContext) {
        isLeaving = true
        receiver = nil
        waiting.removeAll()
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenComplete { _ in bound.value.close(mode: .output, promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(.end(trailers)), promise: sent)
        context.eventLoop.scheduleTask(in: Self.leavingTime) { bound.value.close(promise: nil) }
        resumeReading()
    }

    // MARK: Moving

    /// Gives up the socket: a duplicate of its descriptor is returned, and this channel ends without a word to the
    /// client. Nil where pipelined requests are waiting, which would be lost.
    func takeSocket() -> NIOBSDSocket.Handle? {
        guard let context, waiting.isEmpty else { return nil }
        let duplicate = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { dup($0) }
        guard let duplicate, duplicate >= 0 else { return nil }
        isLeaving = true
        receiver = nil
        context.close(promise: nil)
        return duplicate
    }

    // MARK: Upgrade

    /// Answers 101 and puts `handler` in the place of HTTP. Bytes that came after the request go to it.
    func upgrade(headers: HTTPHeaders, to handler: any HandoverTaker) {
        guard let context, !isResponseComplete else { return }
        idle?.cancel()
        isLeaving = true
        receiver = nil
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        isResponseComplete = true
        do {
            try context.pipeline.syncOperations.handOver(
                from: context, HTTPResponseEncoder.self, HTTPRequestDecoder.self, to: handler)
        } catch {
            context.close(promise: nil)
        }
    }
}
