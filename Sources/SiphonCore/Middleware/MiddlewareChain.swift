package import SocketIOCore

/// The steps, outermost first. A value: an event sees the old chain or the new one.
package struct MiddlewareChain: Sendable {
    private let steps: [any EventMiddleware]

    package init(_ steps: [any EventMiddleware] = []) { self.steps = steps }

    package func wants(_ packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        // By index: an iterator would copy each step.
        for index in steps.indices where steps[index].wants(packet, context: context) { return true }
        return false
    }

    /// Past the last step the packet is sent on.
    package func handle(_ packet: SocketPacket, context: EventContext) -> EventDecision {
        handle(packet, context: context, from: steps[...])
    }

    private func handle(
        _ packet: SocketPacket, context: EventContext, from rest: ArraySlice<any EventMiddleware>
    ) -> EventDecision {
        guard let step = rest.first else { return EventDecision(packet: packet) }
        return step.handle(packet, context: context) { handle($0, context: $1, from: rest.dropFirst()) }
    }
}
