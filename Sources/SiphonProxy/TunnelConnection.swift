import EngineIOCore
import LosslessJSON
import NIOCore
import NIOHTTP1
import SiphonCore

/// A WebSocket that is none of Socket.IO's: shown as a connection, its bytes pass as they are.
final class TunnelConnection: ProxiedConnection {
    let id: ConnectionID
    let client: TunnelHandler
    let upstream: TunnelHandler

    private let loop: ProxyLoop
    private let head: HTTPRequestHead
    private let clientAddress: String
    private let openedAt: Int64
    private var closedAt: Int64?
    private var closeReason: String?

    init(id: ConnectionID, head: HTTPRequestHead, clientAddress: String, loop: ProxyLoop) {
        self.id = id
        self.head = head
        self.clientAddress = clientAddress
        self.loop = loop
        openedAt = loop.clock.now().wall
        client = TunnelHandler()
        upstream = TunnelHandler()
        client.peer = upstream
        upstream.peer = client
        client.onClose = { [weak self] in self?.close(reason: "closed by the client", from: .client) }
        upstream.onClose = { [weak self] in self?.close(reason: "closed by the upstream", from: .upstream) }
        record(.open, from: .client, [["target": JSONValue(head.uri)]], at: openedAt)
    }

    var isClosed: Bool { closedAt != nil }

    private func close(reason: String, from side: Side) {
        guard closedAt == nil else { return }
        let now = loop.clock.now().wall
        closedAt = now
        closeReason = reason
        record(.close, from: side, [["reason": JSONValue(reason)]], at: now)
        loop.connectionClosed(self)
        loop.remove(self)
        client.close()
        upstream.close()
    }

    func disconnect(abruptly: Bool, reason: String) { close(reason: reason, from: .upstream) }

    private func record(_ kind: EventKind, from side: Side, _ list: JSONValue, at time: Int64) {
        loop.recorder.record(
            EventRecord(
                connection: id, time: time, from: side, kind: kind, transport: .webSocket, verdicts: [.forwarded],
                content: .list(ByteBuffer(bytes: list.encoded))))
        loop.scheduleRecorderFlush()
    }

    func snapshot(withHeaders: Bool) -> ConnectionSnapshot {
        ConnectionSnapshot(
            id: id, protocolName: .webSocket, openedAt: openedAt, closedAt: closedAt, closeReason: closeReason,
            clientAddress: clientAddress, clientTransport: .webSocket, upstreamTransport: .webSocket,
            engineVersion: nil, userAgent: head.headers.first(name: "user-agent"),
            handshakeHeaders: withHeaders ? head.headers.map { ($0.name, $0.value) } : [], handshakeTarget: head.uri)
    }
}

/// One end of a tunnel: what it reads goes to its peer, no faster than the peer's channel takes it.
final class TunnelHandler: ChannelDuplexHandler, HandoverTaker {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    weak var peer: TunnelHandler?
    var onClose: (() -> Void)?
    private var context: ChannelHandlerContext?
    /// Bytes that came while HTTP was still in this end's pipeline.
    private var early: [ByteBuffer] = []
    private var mayWrite = false
    private var holdsRead = false

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handoverCompleted() {
        mayWrite = true
        for bytes in early { write(bytes) }
        early = []
        context?.flush()
        peer?.resumeReading()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { peer?.write(Self.unwrapInboundIn(data)) }

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

    func channelInactive(context: ChannelHandlerContext) {
        onClose?()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Closes behind what is still to be written, for two seconds at most.
    func close() {
        guard let context else { return }
        guard mayWrite else { return context.close(promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { _ in bound.value.context?.close(promise: nil) }
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer()), promise: written)
        context.eventLoop.scheduleTask(in: .seconds(2)) { bound.value.context?.close(promise: nil) }
    }
}
