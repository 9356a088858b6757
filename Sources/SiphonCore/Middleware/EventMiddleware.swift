package import SocketIOCore

/// One step of the chain an event goes through. Runs on the connection's event loop: it must not block.
package protocol EventMiddleware: Sendable {
    typealias Next = (SocketPacket, EventContext) -> EventDecision

    /// Whether this step could do anything with the packet, judged by its envelope alone and without allocating. It
    /// is asked for every packet: where no step wants it, the packet leaves as the bytes it came in as.
    func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool

    /// Returns what to do with `packet`. Call `next` at most once; a step that does not call it decides alone.
    func handle(_ packet: SocketPacket, context: EventContext, next: Next) -> EventDecision
}
