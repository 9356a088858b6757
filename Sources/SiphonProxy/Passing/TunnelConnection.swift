import EngineIOCore
import EngineIOTransport
import LosslessJSON
import NIOCore
import NIOHTTP1
import SiphonCore
import WebSocketCodec

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
            eventsFromClient: client.counter.messages, eventsFromUpstream: upstream.counter.messages,
            handshakeHeaders: withHeaders ? head.headers.map { ($0.name, $0.value) } : [], handshakeTarget: head.uri)
    }
}
