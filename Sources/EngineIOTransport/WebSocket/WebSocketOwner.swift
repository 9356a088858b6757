package import EngineIOCore
package import NIOCore
package import SiphonCore
package import WebSocketCodec

/// Who is told what comes over a WebSocket. All calls come on the WebSocket's event loop.
package protocol WebSocketOwner: AnyObject {
    func webSocket(
        _ socket: WebSocketHandler, received kind: EngineMessage.Kind, _ payload: consuming ByteBuffer,
        frames: consuming ByteBuffer,
        at moment: Moment)

    /// Comes once. `isClean` is false where no close frame came; `error` is what the peer did wrong.
    func webSocket(
        _ socket: WebSocketHandler, closed code: UInt16?, reason: String, isClean: Bool, error: WebSocketError?)

    /// The bytes of one read have all been handed over: time to flush.
    func webSocketDidRead(_ socket: WebSocketHandler)

    /// Whether more may be read now, or the other hop is too slow.
    func webSocketMayRead(_ socket: WebSocketHandler) -> Bool

    /// What waits to be written has become little enough, or too much.
    func webSocketWritabilityChanged(_ socket: WebSocketHandler)

    /// More waits to be written than ever may, and the peer takes none of it: the connection has to end.
    func webSocketOverflowed(_ socket: WebSocketHandler)
}
