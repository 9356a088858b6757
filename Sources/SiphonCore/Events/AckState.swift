/// How an event that wants an ack stands, or what an ack is.
package enum AckState: String, Hashable, Sendable, CaseIterable {
    /// Wants an ack that has not come yet.
    case pending
    /// Its ack came.
    case answered
    /// The connection, or its namespace, ended before an ack came, or the sender used the id again.
    case unanswered
    /// An ack that came after its time was over.
    case late
    /// A second ack for one event.
    case duplicate
    /// An ack for no event that was seen.
    case unknown
}
