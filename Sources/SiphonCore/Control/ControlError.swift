/// Why the proxy would not do what was asked of it.
package enum ControlError: Error, Equatable, Sendable {
    case noSuchConnection
    case connectionClosed
    case namespaceNotJoined(String)
    /// What is wrong with the content, as a sentence.
    case invalid(String)
    /// No ack came in time; the event was sent.
    case ackTimeout(event: EventID)
    /// Too many injected events await an ack.
    case tooManyPending
}
