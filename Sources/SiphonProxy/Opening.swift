import EngineIOCore

/// The client's handshake request, which is answered once the upstream's is.
struct Opening {
    let client: ClientHandler
    let exchange: ExchangeID
    let transport: EngineTransport
    let webSocketKey: String?
}
