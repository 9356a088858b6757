/// What a linked record knows of its other half.
struct AckLink: BitwiseCopyable {
    enum State: UInt8, BitwiseCopyable {
        /// Pending for an event, answering an event for an ack.
        case plain
        case answered
        case unanswered
        case late
        case duplicate
        case unknown
    }

    /// The ack of an event, the event of an ack; 0 for none.
    var event: UInt64 = 0
    var latencyNanoseconds: Int64 = 0
    var state = State.plain
}
