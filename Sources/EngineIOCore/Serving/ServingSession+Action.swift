extension ServingSession {
    /// What the shell has to do, one after the other.
    package enum Action: Hashable, Sendable {
        case respond(ExchangeID, PollingResponse)
        /// A packet for a WebSocket. A message that has frames may leave as these.
        case send(EnginePacket, on: ExchangeID)
        /// The shell leaves out a code that may not stand on the wire, and its reason (RFC 6455, section 7.4).
        case closeWebSocket(ExchangeID, code: UInt16?, reason: String)
        /// Cuts the connection of a request without an answer.
        case abortRequest(ExchangeID)
        /// Cuts the WebSocket without a close frame.
        case abortWebSocket(ExchangeID)
        case deliver(EngineMessage)
        /// A pong came from the client.
        case heartbeat
        /// The transport is the WebSocket from here on.
        case upgraded
        /// Once, and after it only answers to requests.
        case ended(SessionEnd)
    }
}
