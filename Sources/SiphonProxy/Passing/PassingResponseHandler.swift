import EngineIOTransport
import NIOCore
import NIOHTTP1
import SiphonCore

/// The upstream side of one passing request.
final class PassingResponseHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    /// Let go of at the end, since the request has this.
    private var request: PassingRequest?
    private var context: ChannelHandlerContext?
    private var holdsRead = false

    func serve(_ request: PassingRequest) { self.request = request }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        request = nil
    }

    func send(_ part: HTTPClientRequestPart) { context?.write(Self.wrapOutboundOut(part), promise: nil) }

    func flush() { context?.flush() }

    /// Nothing more comes from the client.
    func closeOutput() { context?.close(mode: .output, promise: nil) }

    func close() {
        request = nil
        context?.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { request?.receive(Self.unwrapInboundIn(data)) }

    func channelReadComplete(context: ChannelHandlerContext) { request?.upstreamDidRead() }

    func read(context: ChannelHandlerContext) {
        if request?.mayReadResponse ?? true { context.read() } else { holdsRead = true }
    }

    func resumeReading() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { request?.upstreamWritabilityChanged() }

    func channelInactive(context: ChannelHandlerContext) { request?.fail(.brokeOff) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        request?.fail(.init(reading: error))
        context.close(promise: nil)
    }

    /// Leaves the pipeline to the bytes of a tunnel.
    func giveWay(to handler: any HandoverTaker) {
        guard let context else { return }
        request = nil
        do {
            try context.pipeline.syncOperations.handOver(
                from: context, HTTPRequestEncoder.self, HTTPResponseDecoder.self, to: handler)
        } catch {
            context.close(promise: nil)
        }
    }
}
