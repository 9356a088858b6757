package import EngineIOCore
package import NIOCore
import SiphonCore
package import WebSocketCodec

/// One WebSocket of either hop: frames in, frames out, one write a burst.
///
/// It answers WebSocket pings and closes itself; Engine.IO lies above. Confined to its channel's event loop.
package final class WebSocketHandler: ChannelDuplexHandler, HandoverTaker {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Frames from this size up are written by reference; copying smaller ones together is cheaper.
    private static let copyLimitBytes = 16 * 1024
    /// How long after our close frame the peer may take to answer it (RFC 6455, 7.1.1).
    private static let closingTime = TimeAmount.seconds(2)

    package let exchange: ExchangeID
    /// Let go of once it has been told of the end, or has asked for it.
    package var owner: (any WebSocketOwner)?

    private let role: WebSocketRole
    private let clock: LoopClock
    private var reader: WebSocketReader
    private let masks: MaskKeys
    private var context: ChannelHandlerContext?
    private var pending = ByteBuffer()
    private var hasPending = false
    /// False while HTTP is still in the pipeline: what is sent waits.
    private var mayWrite = false
    private var holdsRead = false
    private let queuedBytesLimit: Int
    private var hasSentClose = false
    /// Whether the owner knows of the end. What still comes is read for the peer's close frame alone.
    private var hasToldClosed = false
    private var hasReceivedClose = false
    private var closesWhenHandedOver = false
    private var closing: Scheduled<Void>?

    package init(role: WebSocketRole, exchange: ExchangeID, loop: TransportLoop, messageBytesLimit: Int) {
        self.role = role
        self.exchange = exchange
        clock = loop.clock
        masks = loop.masks
        queuedBytesLimit = loop.limits.queuedBytes
        reader = WebSocketReader(
            role: role, messageBytesLimit: messageBytesLimit, fragmentsLimit: loop.limits.fragmentsPerMessage)
    }

    /// Whether little enough waits to be written. Kept here: it is asked with every read.
    package private(set) var isWritable = false

    /// Bytes that the peer has not taken yet.
    private var waitingBytes: Int { context?.channel.unsentBytes ?? 0 }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        tellClosed(code: nil, reason: "", isClean: false, error: nil)
        self.context = nil
        isWritable = false
        owner = nil
        closing?.cancel()
    }

    package func handoverCompleted() {
        mayWrite = true
        flush()
        if closesWhenHandedOver { closeAfterFlush() }
    }

    // MARK: In

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasReceivedClose else { return }
        reader.append(Self.unwrapInboundIn(data))
        let moment = clock.now()
        do throws(WebSocketError) {
            while !hasReceivedClose, let input = try reader.next() { take(input, at: moment) }
        } catch {
            hasReceivedClose = true
            sendClose(code: error.closeCode, reason: "")
            tellClosed(code: nil, reason: "", isClean: false, error: error)
            closeAfterFlush()
        }
    }

    private func take(_ input: consuming WebSocketInput, at moment: Moment) {
        switch consume input {
        case .message(let kind, let payload, let frames):
            owner?.webSocket(
                self, received: kind == .text ? .text : .binary, payload, frames: frames, at: moment)
        case .ping(let payload):
            guard !hasSentClose else { return }
            WebSocketWriter.writePong(payload, mask: mask(), into: &pending)
            hasPending = true
        case .pong: break
        case .close(let code, let reason):
            hasReceivedClose = true
            sendClose(code: code, reason: "")
            tellClosed(code: code, reason: String(buffer: reason), isClean: true, error: nil)
            closeAfterFlush()
        }
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        owner?.webSocketDidRead(self)
        flush()
    }

    package func read(context: ChannelHandlerContext) {
        if owner?.webSocketMayRead(self) ?? true { context.read() } else { holdsRead = true }
    }

    /// Reads on where `read` was held.
    package func resumeReading() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        owner?.webSocketWritabilityChanged(self)
    }

    /// Half a WebSocket is none.
    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelInactive(context: ChannelHandlerContext) {
        closing?.cancel()
        tellClosed(code: nil, reason: "", isClean: false, error: nil)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        tellClosed(code: nil, reason: "", isClean: false, error: nil)
        context.close(promise: nil)
    }

    private func tellClosed(code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?) {
        guard !hasToldClosed else { return }
        hasToldClosed = true
        let owner = owner
        self.owner = nil
        owner?.webSocket(self, closed: code, reason: reason, isClean: isClean, error: error)
    }

    // MARK: Out

    /// Sends a message at the next `flush()`: as the frames it came in, where it has them.
    package func send(_ message: borrowing EngineMessage) {
        guard !hasSentClose else { return }
        hasPending = true
        if let frames = message.frames { return sendAsIs(frames) }
        let prefix: UInt8? = message.kind == .text ? UInt8(ascii: "4") : nil
        write(message.kind == .text ? .text : .binary, prefix, message.bytes)
    }

    /// Sends a packet at the next `flush()`.
    package func send(_ packet: EnginePacket) {
        guard !hasSentClose else { return }
        hasPending = true
        switch packet {
        case .message(let message): send(message)
        case .open(let json): write(.text, UInt8(ascii: "0"), json)
        case .close: write(.text, UInt8(ascii: "1"), ByteBuffer())
        case .ping(let payload): write(.text, UInt8(ascii: "2"), payload)
        case .pong(let payload): write(.text, UInt8(ascii: "3"), payload)
        case .upgrade: write(.text, UInt8(ascii: "5"), ByteBuffer())
        case .noop: write(.text, UInt8(ascii: "6"), ByteBuffer())
        }
    }

    private func write(_ kind: WebSocketMessageKind, _ prefix: UInt8?, _ payload: ByteBuffer) {
        WebSocketWriter.writeMessage(kind, prefix: prefix, payload, mask: mask(), into: &pending)
    }

    private func sendAsIs(_ frames: ByteBuffer) {
        guard mayWrite, frames.readableBytes >= Self.copyLimitBytes else {
            return _ = pending.writeImmutableBuffer(frames)
        }
        writePending()
        context?.write(Self.wrapOutboundOut(frames), promise: nil)
    }

    /// Writes out what was sent since the last flush.
    package func flush() {
        guard hasPending, mayWrite, let context else { return }
        hasPending = false
        let isOverfull = !isWritable && waitingBytes > queuedBytesLimit
        writePending()
        context.flush()
        if isOverfull { owner?.webSocketOverflowed(self) }
    }

    private func writePending() {
        guard mayWrite, pending.readableBytes > 0, let context else { return }
        let full = pending
        pending = ByteBuffer()
        context.write(Self.wrapOutboundOut(full), promise: nil)
    }

    private func mask() -> UInt32? { role == .client ? masks.next() : nil }

    // MARK: Ending

    /// Sends a close frame and ends the connection once the peer has answered it, or after two seconds. What else
    /// still comes is thrown away (RFC 6455, 7.1.1).
    ///
    /// - Returns: what succeeds with the end of the connection; nil where it has ended.
    @discardableResult
    package func close(code: UInt16?, reason: String) -> EventLoopFuture<Void>? {
        sendClose(code: code, reason: reason)
        hasToldClosed = true
        owner = nil
        flush()
        resumeReading()
        closeInTime()
        return context?.channel.closeFuture
    }

    /// Ends the connection without a close frame, after what was sent before is out.
    package func abort() {
        hasToldClosed = true
        hasReceivedClose = true
        hasSentClose = true
        owner = nil
        closeAfterFlush()
    }

    /// A peer that still takes what waits for it gets the time for it.
    private func closeUnlessTaken(of unsent: Int) {
        closing = nil
        if waitingBytes > 0, waitingBytes < unsent { return closeInTime() }
        context?.close(promise: nil)
    }

    private func closeInTime() {
        guard let context, closing == nil else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let unsent = waitingBytes
        closing = context.eventLoop.scheduleTask(in: Self.closingTime) { bound.value.closeUnlessTaken(of: unsent) }
    }

    private func sendClose(code: UInt16?, reason: String) {
        guard !hasSentClose else { return }
        WebSocketWriter.writeClose(code: code, reason: reason, mask: mask(), into: &pending)
        hasPending = true
        hasSentClose = true
    }

    /// Closes when the last write has left. A peer that reads nothing is not waited for longer than two seconds.
    private func closeAfterFlush() {
        closesWhenHandedOver = !mayWrite
        guard mayWrite, let context else { return }
        writePending()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.context?.close(promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: written)
        closeInTime()
    }
}
