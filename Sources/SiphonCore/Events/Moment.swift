package import NIOCore

/// One reading of both clocks. The shell takes it once per burst of bytes and hands it in.
package struct Moment: Sendable {
    /// For durations and deadlines; goes on while the wall clock is set.
    package let monotonic: NIODeadline
    /// Nanoseconds since 1970, UTC.
    package let wall: Int64

    package init(monotonic: NIODeadline, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
