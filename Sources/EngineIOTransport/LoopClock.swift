import NIOCore
package import SiphonCore

/// Reads both clocks. The only clock of the data plane, so that a test can put its own in.
package struct LoopClock: Sendable {
    package var now: @Sendable () -> Moment

    package static let system = LoopClock { Moment(monotonic: .now(), wall: Timestamp.now()) }
}
