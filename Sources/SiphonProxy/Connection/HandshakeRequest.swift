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
                text: "Siphon: \(loop.limits.connections) connections are open, no more are allowed.\n")
        }
        let connection = SocketIOConnection(id: id, handshake: handshake, loop: loop, at: loop.clock.now())
        self.connection = connection
        loop.add(connection)
        connection.open(for: client, exchange: exchange)
    }

    var limitsBodyTime: Bool { true }

    func clientClosedInput() -> Bool { false }

    func clientLeft() { connection?.abandon(exchange) }
}
