import EngineIOCore
import NIOCore
import SiphonCore
import WebSocketCodec

/// Who is told what comes over a WebSocket. All calls come on the WebSocket's event loop.
protocol WebSocketOwner: AnyObject {
    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: ByteBuffer, frames: ByteBuffer,
        at moment: Moment)

    /// Comes once. `isClean` is false where no close frame came; `error` is what the peer did wrong.
    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?)

    /// The bytes of one read have all been handed over: time to flush.
    func webSocketDidRead(_ socket: WebSocketHandler)

    /// Whether more may be read now, or the other hop is too slow.
    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool

    /// What waits to be written has become little enough, or too much.
    func webSocketWritabilityChanged(_ socket: WebSocketHandler)
}

/// The mask keys of one event loop: what is drawn at a time serves all its WebSockets.
final class MaskKeys {
    private var source = MaskKeySource()

    func next() -> UInt32 { source.next() }
}

/// One WebSocket of either hop: frames in, frames out, one write a burst.
///
/// It answers WebSocket pings and closes itself; Engine.IO lies above. Confined to its channel's event loop.
final class WebSocketHandler: ChannelDuplexHandler, HandoverTaker {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Frames from this size up are written by reference; copying smaller ones together is cheaper.
    private static let copyLimitBytes = 16 * 1024
    /// How long after our close frame the peer may take to answer it (RFC 6455, 7.1.1).
    private static let closingTime = TimeAmount.seconds(2)

    let exchange: ExchangeID
    /// Let go of once it has been told of the end, or has asked for it.
    var owner: (any WebSocketOwner)?

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
    private var hasSentClose = false
    private var hasToldClosed = false
    private var closesWhenHandedOver = false

    init(role: WebSocketRole, exchange: ExchangeID, loop: ProxyLoop, messageBytesLimit: Int) {
        self.role = role
        self.exchange = exchange
        clock = loop.clock
        masks = loop.masks
        reader = WebSocketReader(
            role: role, messageBytesLimit: messageBytesLimit, fragmentsLimit: loop.limits.fragmentsPerMessage)
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Bytes that the peer has not taken yet.
    var waitingBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        owner = nil
    }

    func handoverCompleted() {
        mayWrite = true
        flush()
        if closesWhenHandedOver { closeAfterFlush() }
    }

    // MARK: In

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasToldClosed else { return }
        reader.append(Self.unwrapInboundIn(data))
        let moment = clock.now()
        do throws(WebSocketError) {
            while !hasToldClosed, let input = try reader.next() { take(input, at: moment) }
        } catch {
            sendClose(code: error.closeCode, reason: "")
            tellClosed(code: nil, reason: "", isClean: false, error: error)
            closeAfterFlush()
        }
    }

    private func take(_ input: WebSocketInput, at moment: Moment) {
        switch input {
        case .message(let kind, let payload, let frames):
            owner?.webSocket(
                self, received: kind == .text ? .text : .binary, payload, frames: frames, at: moment)
        case .ping(let payload):
            WebSocketWriter.writePong(payload, mask: mask(), into: &pending)
            hasPending = true
        case .pong: break
        case .close(let code, let reason):
            sendClose(code: code, reason: "")
            tellClosed(code: code, reason: String(buffer: reason), isClean: true, error: nil)
            closeAfterFlush()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        owner?.webSocketDidRead(self)
        flush()
    }

    func read(context: ChannelHandlerContext) {
        if owner?.webSocketMayRead(self) ?? true { context.read() } else { holdsRead = true }
    }

    /// Reads on where `read` was held.
    func resumeReading() {
        guard holdsRead else { return }
        holdsRead = false
        context?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { owner?.webSocketWritabilityChanged(self) }

    func channelInactive(context: ChannelHandlerContext) {
        tellClosed(code: nil, reason: "", isClean: false, error: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
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
    func send(_ message: EngineMessage) {
        guard !hasSentClose else { return }
        hasPending = true
        if let frames = message.frames { return sendAsIs(frames) }
        let prefix: UInt8? = message.kind == .text ? UInt8(ascii: "4") : nil
        write(message.kind == .text ? .text : .binary, prefix, message.bytes)
    }

    /// Sends a packet at the next `flush()`.
    func send(_ packet: EnginePacket) {
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
    func flush() {
        guard hasPending, mayWrite else { return }
        hasPending = false
        writePending()
        context?.flush()
    }

    private func writePending() {
        guard mayWrite, pending.readableBytes > 0, let context else { return }
        let full = pending
        pending = ByteBuffer()
        context.write(Self.wrapOutboundOut(full), promise: nil)
    }

    private func mask() -> UInt32? { role == .client ? masks.next() : nil }

    // MARK: Ending

    /// Sends a close frame and ends the connection once the peer has answered it, or after two seconds.
    func close(code: UInt16?, reason: String) {
        sendClose(code: code, reason: reason)
        hasToldClosed = true
        owner = nil
        flush()
        guard let context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.closingTime) { bound.value.context?.close(promise: nil) }
    }

    /// Ends the connection without a close frame, after what was sent before is out.
    func abort() {
        hasToldClosed = true
        hasSentClose = true
        owner = nil
        closeAfterFlush()
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
        context.eventLoop.scheduleTask(in: Self.closingTime) { bound.value.context?.close(promise: nil) }
    }
}
