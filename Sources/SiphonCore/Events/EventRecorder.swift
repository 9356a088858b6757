package import SocketIOCore

/// Where a bridge leaves its records. One event loop's recorder is used on that loop only; it must neither block nor
/// call back. What it cannot keep it drops and counts.
package protocol EventRecorder: AnyObject {
    func record(_ record: borrowing EventRecord)

    /// The usual case, which is not worth making a record for (over 300 bytes and three references): a packet that
    /// was sent on as the bytes it came in as, by nobody's rule.
    func recordForwarded(_ packet: borrowing SocketPacket, context: borrowing EventContext)

    /// Whether `flush()` has something to hand over. The shell flushes within 10 ms of the first record.
    var hasRecords: Bool { get }

    /// Hands over what was recorded and returns the id of the last record, nil where there was none.
    @discardableResult
    func flush() -> EventID?
}

extension EventRecorder {
    package func recordForwarded(_ packet: borrowing SocketPacket, context: borrowing EventContext) {
        record(EventRecord(forwarded: packet, context: context))
    }
}
