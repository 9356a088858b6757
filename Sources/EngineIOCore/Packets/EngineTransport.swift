/// How the packets of one hop travel. The raw value is the word in the `transport` query parameter.
package enum EngineTransport: String, Hashable, Sendable {
    case polling
    case webSocket = "websocket"
}
