import EngineIOTransport
import EngineIOCore
import NIOCore
import NIOHTTP1
import SiphonCore

/// The request that opens a Socket.IO connection. It becomes one when it is whole.
final class HandshakeRequest: RequestReceiver {
    private let handshake: ClientHandshake
    private let client: ClientHandler
    private let loop: ProxyLoop
    private let exchange: ExchangeID
    private var connection: SocketIOConnection?

    init(_ handshake: ClientHandshake, client: ClientHandler, loop: ProxyLoop) {
        self.handshake = handshake
        self.client = client
        self.loop = loop
        exchange = loop.transport.nextExchange()
    }

    func receiveHead() {}

    /// A GET's body means nothing.
    func receiveBody(_ bytes: ByteBuffer) {}

    func receiveEnd(_ trailers: HTTPHeaders?) {
        guard let id = loop.admit() else {
            return client.respond(
                .serviceUnavailable, headers: handshake.headers.crossOriginAnswer,
                text: loop.limits.connectionsSentence)
        }
        let connection = SocketIOConnection(id: id, handshake: handshake, loop: loop, at: loop.clock.now())
        self.connection = connection
        loop.add(connection)
        connection.open(for: client, exchange: exchange)
    }

    func clientClosedInput() -> Bool { false }

    func clientLeft() { connection?.abandon(exchange) }
}

extension Limits {
    /// What a client is told for whom there is no place.
    var connectionsSentence: String { "Siphon: \(connections) connections are open, no more are allowed.\n" }
}
