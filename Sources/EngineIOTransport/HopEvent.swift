package import EngineIOCore

/// What a hop's session says to the connection, once the hop itself has done all input and output.
package enum HopEvent {
    case deliver(EngineMessage)
    /// Upstream only: its handshake succeeded.
    case opened(EngineHandshake)
    /// Upstream only: its handshake was answered by something else than an open session.
    case refused(HTTPResponse)
    /// Upstream only: its handshake was not answered.
    case failed(HTTPConnection.Failure)
    /// The peer's part of a heartbeat came.
    case heartbeat
    /// The transport is a WebSocket now.
    case upgraded
    case ended(SessionEnd)
}
