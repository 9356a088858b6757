import EngineIOCore
import NIOCore
import NIOHTTP1
import SiphonCore

/// One request of a Socket.IO connection, from its head to its place in the session.
final class EngineExchange: RequestReceiver {
    enum Kind {
        case handshake
        case poll
        case post(contentType: String?, contentLength: Int?)
        case webSocket(_ key: String)
    }

    private let kind: Kind
    private let exchange: ExchangeID
    private let connection: SocketIOConnection
    private let client: ClientHandler
    private var body = ByteBuffer()
    private var isBodyWanted = true
    private var isBodyTooLarge = false

    init(_ kind: Kind, _ exchange: ExchangeID, _ connection: SocketIOConnection, _ client: ClientHandler) {
        self.kind = kind
        self.exchange = exchange
        self.connection = connection
        self.client = client
    }

    func receiveHead() { begin() }

    func receiveBody(_ bytes: ByteBuffer) {
        guard isBodyWanted, !isBodyTooLarge else { return }
        guard body.readableBytes + bytes.readableBytes <= connection.postBytesLimit else { return refuseBody() }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    /// A POST takes its place at its head, so that a second one beside it is noticed.
    private func begin() {
        guard case .post(let contentType, let contentLength) = kind else { return }
        isBodyWanted = connection.beginPost(exchange, contentType: contentType, from: client)
        if isBodyWanted, let contentLength, contentLength > connection.postBytesLimit { refuseBody() }
    }

    private func refuseBody() {
        isBodyTooLarge = true
        body = ByteBuffer()
        connection.finishPost(exchange, body: nil)
    }

    func receiveEnd(_ trailers: HTTPHeaders?) {
        switch kind {
        case .handshake: connection.open(for: client, exchange: exchange)
        case .poll: connection.receivePoll(exchange, from: client)
        case .webSocket(let key): connection.openWebSocket(exchange, key: key, from: client)
        case .post:
            guard isBodyWanted, !isBodyTooLarge else { return }
            connection.finishPost(exchange, body: body)
        }
    }

    var mayReadBody: Bool { connection.mayRead(from: .client) }
    var limitsBodyTime: Bool { true }

    func clientWritabilityChanged() {}

    func clientLeft() { connection.abandon(exchange) }
}

/// A request that Siphon answers by itself, without a look at its body.
final class FixedAnswer: RequestReceiver {
    private let client: ClientHandler
    private let response: PollingResponse
    private let headers: HTTPHeaders

    init(_ status: HTTPResponseStatus, text: String, headers: HTTPHeaders = [:], client: ClientHandler) {
        self.client = client
        self.headers = headers
        response = PollingResponse(status: Int(status.code), body: ByteBuffer(string: text))
    }

    init(refusal: EngineRefusal, client: ClientHandler) {
        self.client = client
        headers = [:]
        response = refusal.response
    }

    func receiveHead() {}
    func receiveBody(_ bytes: ByteBuffer) {}

    func receiveEnd(_ trailers: HTTPHeaders?) {
        var headers = headers
        headers.replaceOrAdd(name: "Content-Type", value: response.contentType)
        client.respond(HTTPResponseStatus(statusCode: response.status), headers: headers, body: response.body)
    }

    var mayReadBody: Bool { true }
    var limitsBodyTime: Bool { true }
    func clientWritabilityChanged() {}
    func clientLeft() {}
}
