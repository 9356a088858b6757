package import EngineIOCore

/// The client's handshake request, which is answered once the upstream's is.
package struct Opening {
    package let client: ClientHandler
    package let exchange: ExchangeID
    package let transport: EngineTransport
    package let webSocketKey: String?

    package init(client: ClientHandler, exchange: ExchangeID, transport: EngineTransport, webSocketKey: String?) {
        self.client = client
        self.exchange = exchange
        self.transport = transport
        self.webSocketKey = webSocketKey
    }
}
