import EngineIOTransport
import NIOCore
import NIOHTTP1
import SiphonCore

/// A request that is none of Socket.IO's: it passes, and so does its response, piece by piece, each side read only as
/// fast as the other takes it. Where the upstream agrees to another WebSocket, both sides become a tunnel.
///
/// Each request has an upstream connection of its own.
final class PassingRequest: RequestReceiver {
    private let head: HTTPRequestHead
    private let client: ClientHandler
    private let loop: ProxyLoop
    private let proxyOrigin: String
    private let wantsWebSocket: Bool
    private var upstream: PassingResponseHandler?
    private var early: [HTTPClientRequestPart] = []
    private var hasResponse = false
    /// The upstream's 101, until its end has come.
    private var agreed: HTTPResponseHead?
    private var isInputClosed = false
    private var isOver = false

    init(_ head: HTTPRequestHead, client: ClientHandler, loop: ProxyLoop) {
        self.head = head
        self.client = client
        self.loop = loop
        proxyOrigin = "http://\(head.headers.first(name: "host") ?? "localhost")"
        wantsWebSocket = head.asksForWebSocket
        var headers = loop.headers.passingRequest(head.headers, clientAddress: client.address)
        if wantsWebSocket {
            headers.replaceOrAdd(name: "Connection", value: "Upgrade")
            headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        }
        early = [
            .head(HTTPRequestHead(version: .http1_1, method: head.method.asOnWire, uri: head.uri, headers: headers))
        ]
    }

    func receiveHead() { dial() }

    private func dial() {
        let bound = NIOLoopBound(self, eventLoop: loop.eventLoop)
        let connected = loop.dialer.connect(on: loop.eventLoop, limits: loop.limits) { PassingResponseHandler() }
        connected.whenComplete { result in
            switch result {
            case .success(let open): bound.value.dialled(open.value.handler)
            case .failure(let error): bound.value.fail(.init(dialling: error))
            }
        }
    }

    private func dialled(_ handler: PassingResponseHandler) {
        guard !isOver else { return handler.close() }
        upstream = handler
        handler.serve(self)
        for part in early { handler.send(part) }
        early = []
        handler.flush()
        if isInputClosed { handler.closeOutput() }
        client.resumeReading()
    }

    // MARK: The client's side

    func receiveBody(_ bytes: ByteBuffer) { send(.body(.byteBuffer(bytes))) }

    func receiveEnd(_ trailers: HTTPHeaders?) { send(.end(trailers)) }

    private func send(_ part: HTTPClientRequestPart) {
        guard let upstream else { return early.append(part) }
        upstream.send(part)
        upstream.flush()
    }

    var mayReadBody: Bool { upstream?.isWritable ?? false }
    /// An upload takes as long as it takes.
    var limitsBodyTime: Bool { false }

    func clientWritabilityChanged() {
        if client.isWritable { upstream?.resumeReading() }
    }

    /// The upstream sees the end of the input, as it would without Siphon, and decides what becomes of the request.
    func clientClosedInput() -> Bool {
        if let upstream { upstream.closeOutput() } else { isInputClosed = true }
        return true
    }

    func clientLeft() { finish() }

    private func finish() {
        isOver = true
        upstream?.close()
        upstream = nil
    }

    // MARK: The upstream's side

    var mayReadResponse: Bool { client.isWritable }

    func upstreamWritabilityChanged() { client.resumeReading() }

    func receive(_ part: HTTPClientResponsePart) {
        guard !isOver else { return }
        switch part {
        case .head(let response):
            guard response.status != .switchingProtocols else { return agreed = response }
            hasResponse = response.status.code >= 200
            client.sendHead(
                HTTPResponseHead(
                    version: head.version, status: response.status,
                    headers: loop.headers.passingResponse(response.headers, proxyOrigin: proxyOrigin)))
        case .body(let bytes): client.sendBody(bytes)
        case .end(let trailers):
            if let agreed { return tunnel(agreed) }
            finish()
            client.sendEnd(trailers)
        }
    }

    func upstreamDidRead() { client.flush() }

    func fail(_ failure: HTTPConnection.Failure) {
        guard !isOver else { return }
        finish()
        guard !hasResponse else { return client.breakOff() }
        if failure == .noDescriptors { client.closeAfterResponse() }
        client.respond(
            failure.status, text: "Siphon: \(failure.sentence(upstream: loop.configuration.upstream))\n")
    }

    /// 101: from here on only bytes pass.
    private func tunnel(_ response: HTTPResponseHead) {
        guard wantsWebSocket, let upstream else { return fail(.badResponse) }
        guard let id = loop.admit() else {
            finish()
            return client.respond(.serviceUnavailable, text: loop.limits.connectionsSentence)
        }
        isOver = true
        let tunnel = TunnelConnection(id: id, head: head, clientAddress: client.address, loop: loop)
        var headers = loop.headers.passingResponse(response.headers, proxyOrigin: proxyOrigin)
        headers.replaceOrAdd(name: "Connection", value: "Upgrade")
        headers.replaceOrAdd(name: "Upgrade", value: "websocket")
        loop.add(tunnel)
        client.upgrade(headers: headers, to: tunnel.client)
        upstream.giveWay(to: tunnel.upstream)
        self.upstream = nil
    }
}

extension HTTPMethod {
    /// NIO knows `M-SEARCH` by a name that it would write without the hyphen.
    fileprivate var asOnWire: HTTPMethod { self == .MSEARCH ? .RAW(value: "M-SEARCH") : self }
}
