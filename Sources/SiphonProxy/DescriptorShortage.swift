import EngineIOTransport
import Logging
import NIOConcurrencyHelpers
import NIOCore
import SiphonCore

/// Tells in the log that file descriptors are used up: once in a while, however often it is met.
final class DescriptorShortage: Sendable {
    private static let interval = TimeAmount.seconds(5)

    private let log: Logger
    private let lastTold = NIOLockedValueBox<NIODeadline?>(nil)

    init(log: Logger) { self.log = log }

    /// Returns whether it was told.
    @discardableResult
    func note(at now: NIODeadline) -> Bool {
        let isDue = lastTold.withLockedValue { last in
            if let last, now < last + Self.interval { return false }
            last = now
            return true
        }
        guard isDue else { return false }
        log.warning(
            "no file descriptor left: clients wait or are answered 503; start Siphon with a higher ulimit -n",
            metadata: ["limit": "\(DescriptorReserve.limit)", "reserved": "\(Limits.reservedDescriptors)"])
        return true
    }
}
