package import NIOCore

extension CallingSession {
    /// What the shell has to do, one after the other.
    package enum Action: Hashable, Sendable {
        /// Make a GET.
        case poll
        /// Make a POST with that body.
        case post(ByteBuffer)
        /// Open a WebSocket: the first transport, or with the session's `sid` to upgrade to.
        case openWebSocket
        /// A packet for the WebSocket. A message that has frames may leave as these.
        case send(EnginePacket)
        /// The shell leaves out a code that may not stand on the wire, and its reason (RFC 6455, section 7.4).
        case closeWebSocket(code: UInt16?, reason: String)
        /// Cuts the WebSocket without a close frame, or gives up opening it.
        case abortWebSocket
        /// Gives up the GET and the POST that are under way; nothing about them needs to be reported.
        case abortRequests
        case opened(EngineHandshake)
        case deliver(EngineMessage)
        /// A ping came; its pong is in the actions already, or queued for the next POST.
        case heartbeat
        /// The transport is the WebSocket from here on.
        case upgraded
        /// The session stays on polling, for good.
        case upgradeFailed
        /// Once, and last.
        case ended(SessionEnd)
    }
}
