package import SocketIOCore

/// What one event of a peer may still make rules emit, all that emissions cause in turn included.
package struct EmissionBudget: Hashable, Sendable {
    private var events: Int
    private var bytes: Int

    package static let ofDefaultLimits = EmissionBudget(Limits())

    package init(_ limits: Limits) {
        events = limits.emissionsPerEvent
        bytes = limits.queuedBytes
    }

    package var isSpent: Bool { events == 0 }

    /// Counts an emission; false where it is one too many, and then so is any other.
    package mutating func take(_ packet: SocketPacket) -> Bool {
        guard events > 0, packet.sizeBytes <= bytes else {
            events = 0
            return false
        }
        events -= 1
        bytes -= packet.sizeBytes
        return true
    }
}
