package import NIOCore

/// Decides how long one side is not read from because the other takes nothing.
///
/// Behind unread bytes may be a heartbeat, and a peer whose heartbeat is not answered ends the connection. So reading
/// is held back for half of the ping timeout, ten seconds at most, and then goes on; what comes then is bounded by
/// `Limits.queuedBytes`, where the connection ends.
package struct Pressure {
    private static let longestPauseOfAll = TimeAmount.seconds(10)

    package var longestPause = Self.longestPauseOfAll
    package init() {}

    private var heldSince: NIODeadline?
    /// Whether reading goes on although the other side takes nothing.
    private var isOverrun = false

    package static func longestPause(pingTimeout: TimeAmount) -> TimeAmount {
        min(longestPauseOfAll, .nanoseconds(pingTimeout.nanoseconds / 2))
    }

    /// Whether reading is held back, or was when it was last asked.
    package var isHolding: Bool { heldSince != nil }

    package mutating func mayRead(isCongested: Bool, at now: @autoclosure () -> NIODeadline) -> Bool {
        guard isCongested else {
            heldSince = nil
            isOverrun = false
            return true
        }
        let now = now()
        let since = heldSince ?? now
        heldSince = since
        isOverrun = now - since >= longestPause
        return isOverrun
    }

    /// When reading goes on without the other side; nil while nothing is held.
    package var deadline: NIODeadline? { isOverrun ? nil : heldSince.map { $0 + longestPause } }
}
