package import EngineIOCore

/// What a middleware knows of an event besides the packet.
package struct EventContext: Sendable {
    package let connection: ConnectionID
    package let from: Side
    /// The transport of the hop the event came in by.
    package let transport: EngineTransport
    /// 3 or 4.
    package let engineVersion: UInt8
    /// When the event came.
    package let moment: Moment
    /// How many rules' emissions led to it, one by the other; 0 for what a peer sent.
    package let emissionDepth: Int
    /// What may still be emitted because of it.
    package let emissionBudget: EmissionBudget

    package init(
        connection: ConnectionID, from: Side, transport: EngineTransport, engineVersion: UInt8 = 4, at moment: Moment,
        emissionDepth: Int = 0, emissionBudget: EmissionBudget = .ofDefaultLimits
    ) {
        self.connection = connection
        self.from = from
        self.transport = transport
        self.engineVersion = engineVersion
        self.moment = moment
        self.emissionDepth = emissionDepth
        self.emissionBudget = emissionBudget
    }
}
