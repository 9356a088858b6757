import EngineIOTransport
import NIOCore
import WebSocketCodec

/// One end of a tunnel: what it reads goes to its peer, no faster than the peer's channel takes it.
final class TunnelHandler: ChannelDuplexHandler, HandoverTaker {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    weak var peer: TunnelHandler?
    /// What came in here.
    private(set) var counter = MessageCounter()
    var onClose: (() -> Void)?
    private var context: ChannelHandlerContext?
    /// Bytes that came while HTTP was still in this end's pipeline.
    private var early: [ByteBuffer] = []
    private var mayWrite = false
    private var isInputClosed = false
    private var closesOutput = false
    private var holdsRead = false

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        try? context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
    }

    func handoverCompleted() {
        mayWrite = true
        for bytes in early { write(bytes) }
        early = []
        context?.flush()
        if closesOutput { context?.close(mode: .output, promise: nil) }
        peer?.resumeReading()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data)
        counter.receive(bytes)
        peer?.write(bytes)
    }

    func channelReadComplete(context: ChannelHandlerContext) { peer?.context?.flush() }

    private func write(_ bytes: ByteBuffer) {
        guard mayWrite, let context else { return early.append(bytes) }
        context.write(Self.wrapOutboundOut(bytes), promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        guard let peer, peer.mayWrite, let other = peer.context else { return holdsRead = true }
        if other.channel.isWritable { context.read() } else { holdsRead = true }
    }

    private func resumeReading() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { peer?.resumeReading() }
    }

    /// A half that closes closes the other half of its peer; both ways closed is the end.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        isInputClosed = true
        guard let peer, !peer.isInputClosed else { return context.close(promise: nil) }
        peer.closeOutput()
    }

    /// Behind what is still to be written.
    private func closeOutput() {
        guard mayWrite, let context else { return closesOutput = true }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.context?.close(mode: .output, promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: written)
    }

    func channelInactive(context: ChannelHandlerContext) {
        onClose?()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Closes behind what is still to be written; where the peer takes none of it for two seconds, without it.
    func close() {
        guard let context else { return }
        guard mayWrite else { return context.close(promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.context?.close(promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: written)
        closeUnlessTaken()
    }

    private func closeUnlessTaken() {
        guard let context else { return }
        let unsent = context.channel.unsentBytes
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(2)) {
            guard let context = bound.value.context else { return }
            let left = context.channel.unsentBytes
            if left > 0, left < unsent { return bound.value.closeUnlessTaken() }
            context.close(promise: nil)
        }
    }
}
