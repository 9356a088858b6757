package import EngineIOCore
package import NIOCore
package import NIOHTTP1
import SiphonCore

/// A request of a Socket.IO session that is open, from its head to its place in the session.
package final class SessionRequest: RequestReceiver {
    package enum Kind {
        case poll
        case post(contentType: String?, contentLength: Int?)
        case webSocket(key: String, subprotocols: [String])
    }

    private let kind: Kind
    private let exchange: ExchangeID
    private let connection: any ServingConnection
    private let client: ClientHandler
    private var body = ByteBuffer()
    /// False for a request without a meaning for its body, and once the answer is known.
    private var isBodyWanted = false

    package init(_ kind: Kind, _ exchange: ExchangeID, _ connection: any ServingConnection, _ client: ClientHandler) {
        self.kind = kind
        self.exchange = exchange
        self.connection = connection
        self.client = client
    }

    /// A POST takes its place at its head, so that a second one beside it is noticed.
    package func receiveHead() {
        guard case .post(let contentType, let contentLength) = kind else { return }
        isBodyWanted = connection.beginPost(exchange, contentType: contentType, from: client)
        if isBodyWanted, let contentLength, contentLength > connection.postBytesLimit { return refuseBody() }
        if isBodyWanted { client.sendContinue() }
    }

    package func receiveBody(_ bytes: ByteBuffer) {
        guard isBodyWanted else { return }
        guard body.readableBytes + bytes.readableBytes <= connection.postBytesLimit else { return refuseBody() }
        if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
    }

    private func refuseBody() {
        isBodyWanted = false
        body = ByteBuffer()
        connection.finishPost(exchange, body: nil)
    }

    package func receiveEnd(_ trailers: HTTPHeaders?) {
        switch kind {
        case .poll: connection.receivePoll(exchange, from: client)
        case .webSocket(let key, let subprotocols):
            connection.openWebSocket(exchange, key: key, subprotocols: subprotocols, from: client)
        case .post:
            guard isBodyWanted else { return }
            connection.finishPost(exchange, body: body)
        }
    }

    package var mayReadBody: Bool { connection.mayReadFromClient }
    package func clientClosedInput() -> Bool { false }

    package func clientLeft() { connection.abandon(exchange) }
}

extension SessionRequest {
    /// What takes a request that names an open session, by its method and transport. Nil for OPTIONS, which is the
    /// app's to answer.
    package static func receiver(
        for head: HTTPRequestHead, _ request: EngineRequest, of connection: any ServingConnection, exchange: ExchangeID,
        client: ClientHandler
    ) -> (any RequestReceiver)? {
        switch (request.transport, head.method) {
        case ("websocket", _):
            guard let key = head.webSocketKey else {
                return FixedAnswer(refusal: .badRequest, for: head, client: client)
            }
            let kind = Kind.webSocket(key: key, subprotocols: head.headers.subprotocols)
            return SessionRequest(kind, exchange, connection, client)
        case ("polling", .GET): return SessionRequest(.poll, exchange, connection, client)
        case ("polling", .POST):
            let type = head.headers.first(name: "content-type")
            let length = head.headers.first(name: "content-length").flatMap { Int($0) }
            return SessionRequest(.post(contentType: type, contentLength: length), exchange, connection, client)
        case ("polling", .OPTIONS): return nil
        case ("polling", _): return FixedAnswer(.methodNotAllowed, text: "", client: client)
        default: return FixedAnswer(refusal: .unknownTransport, for: head, client: client)
        }
    }
}
