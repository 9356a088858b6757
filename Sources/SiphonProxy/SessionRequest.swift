import EngineIOCore
import NIOCore
import NIOHTTP1
import SiphonCore

/// A request of a Socket.IO session that is open, from its head to its place in the session.
final class SessionRequest: RequestReceiver {
    enum Kind {
        case poll
        case post(contentType: String?, contentLength: Int?)
        case webSocket(key: String, subprotocols: [String])
    }

    private let kind: Kind
    private let exchange: ExchangeID
    private let connection: SocketIOConnection
    private let client: ClientHandler
    private var body = ByteBuffer()
    /// False for a request without a meaning for its body, and once the answer is known.
    private var isBodyWanted = false

    init(_ kind: Kind, _ exchange: ExchangeID, _ connection: SocketIOConnection, _ client: ClientHandler) {
        self.kind = kind
        self.exchange = exchange
        self.connection = connection
        self.client = client
    }

    /// A POST takes its place at its head, so that a second one beside it is noticed.
    func receiveHead() {
        guard case .post(let contentType, let contentLength) = kind else { return }
        isBodyWanted = connection.beginPost(exchange, contentType: contentType, from: client)
        if isBodyWanted, let contentLength, contentLength > connection.postBytesLimit { return refuseBody() }
        if isBodyWanted { client.sendContinue() }
    }

    func receiveBody(_ bytes: ByteBuffer) {
        guard isBodyWanted else { return }
        guard body.readableBytes + bytes.readableBytes <= connection.postBytesLimit else { return refuseBody() }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    private func refuseBody() {
        isBodyWanted = false
        body = ByteBuffer()
        connection.finishPost(exchange, body: nil)
    }

    func receiveEnd(_ trailers: HTTPHeaders?) {
        switch kind {
        case .poll: connection.receivePoll(exchange, from: client)
        case .webSocket(let key, let subprotocols):
            connection.openWebSocket(exchange, key: key, subprotocols: subprotocols, from: client)
        case .post:
            guard isBodyWanted else { return }
            connection.finishPost(exchange, body: body)
        }
    }

    var mayReadBody: Bool { connection.mayRead(from: .client) }
    var limitsBodyTime: Bool { true }

    func clientClosedInput() -> Bool { false }

    func clientLeft() { connection.abandon(exchange) }
}
