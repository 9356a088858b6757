package import EngineIOCore
package import NIOCore
package import SiphonCore

/// What everything on one event loop shares: its clock, its limits, its mask keys and the numbers of its exchanges.
/// Never touched from another thread.
package final class TransportLoop {
    /// Bytes waiting to be written to one socket: above the high mark the other hop is not read, until the low mark.
    package static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 128 * 1024, high: 512 * 1024)

    package let eventLoop: any EventLoop
    package let limits: Limits
    package let clock: LoopClock
    let masks = MaskKeys()
    private var exchangeCount: UInt64 = 0

    package init(eventLoop: any EventLoop, limits: Limits, clock: LoopClock = .system) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.clock = clock
    }

    /// A number that no other request and no other WebSocket of this loop has.
    package func nextExchange() -> ExchangeID {
        exchangeCount += 1
        return ExchangeID(number: exchangeCount)
    }
}
