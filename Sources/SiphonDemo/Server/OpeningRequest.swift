import EngineIOTransport
import NIOCore
import NIOHTTP1

/// The request that opens a session. It becomes one when it is whole.
final class OpeningRequest: RequestReceiver {
    private let opening: Opening
    private let app: DemoApp
    private var connection: DemoConnection?

    init(_ opening: Opening, app: DemoApp) {
        self.opening = opening
        self.app = app
    }

    func receiveHead() {}

    /// A GET's body means nothing.
    func receiveBody(_ bytes: ByteBuffer) {}

    func receiveEnd(_ trailers: HTTPHeaders?) { connection = app.open(opening) }

    func clientClosedInput() -> Bool { false }

    func clientLeft() { connection?.abandon(opening.exchange) }
}
