import NIOCore

/// When the last events left that rules throttle, or will: of one connection, so that no other waits for them.
struct ThrottleTurns {
    private struct Key: Hashable {
        let rule: RuleID
        let from: Side
    }

    private var departures: [Key: CircularBuffer<NIODeadline>] = [:]

    /// Takes the first turn from `time` on.
    mutating func take(_ throttle: EventShaping.Throttle, from side: Side, at time: NIODeadline) -> NIODeadline {
        Self.take(throttle, at: time, &departures[Key(rule: throttle.rule, from: side), default: CircularBuffer()])
    }

    private static func take(
        _ throttle: EventShaping.Throttle, at time: NIODeadline, _ last: inout CircularBuffer<NIODeadline>
    ) -> NIODeadline {
        var turn = time
        while last.count >= throttle.events, let oldest = last.popFirst() { turn = max(turn, oldest + throttle.per) }
        last.append(turn)
        return turn
    }
}
