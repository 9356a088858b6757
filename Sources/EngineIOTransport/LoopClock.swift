import NIOCore
package import SiphonCore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads both clocks. The only clock of the data plane, so that a test can put its own in.
package struct LoopClock: Sendable {
    package var now: @Sendable () -> Moment

    package static let system = LoopClock {
        var wall = timespec()
        clock_gettime(CLOCK_REALTIME, &wall)
        return Moment(monotonic: .now(), wall: Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec))
    }
}
