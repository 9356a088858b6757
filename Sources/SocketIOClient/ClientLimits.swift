/// Bounds on what a server or a busy program can make grow, and what happens when they are reached.
public struct ClientLimits: Sendable {
    /// Attachments of one incoming packet. A packet with more is dropped, and exception handlers are told, or else the
    /// handler of `error`.
    public var attachmentsPerPacket = 10

    /// Bytes of one event with its attachments. Emitting a larger one throws `encoding`. A larger incoming message or
    /// polling response ends the connection; a packet with larger attachments is skipped. 100 MB is the largest default
    /// of any Socket.IO server.
    public var messageBytes = 100_000_000

    /// Bytes that may wait to be sent, plus 256 for each event. When more are waiting, `emit` waits for room; where it
    /// cannot wait, outside async code or while there is no connection, `sendBufferFull` is thrown. A single event may
    /// be larger.
    public var sendBufferBytes = 16 << 20

    /// Events that wait for their acks. Beyond that, `emit` with a callback and `call` throw `tooManyPendingAcks`.
    public var pendingAcks = 100_000

    /// Bytes of events that wait for handlers, plus 512 for each. Beyond that, the client stops reading from the server
    /// for up to half of its ping timeout, at most 10 s; if sixteen times as much is waiting then, the connection ends.
    public var receiveBufferBytes = 1 << 20

    /// Events that a `SimpleClient` or an event sequence keeps for a slow reader. Beyond that, or beyond `unreadBytes`,
    /// further events are lost, and the reader gets `receiveBufferFull`.
    public var unreadEvents = 10_000
    /// The bytes of these events.
    public var unreadBytes = 64 << 20

    public init() {}

    /// The most that may wait for handlers.
    var waitingBytesLimit: Int { receiveBufferBytes.multiplied(by: 16) }

    /// The most that may wait in the transport: all that may wait to be sent plus one event, in base64.
    var queuedBytes: Int { sendBufferBytes.multiplied(by: 2).added(messageBytes.multiplied(by: 2)) }
}

extension Int {
    /// The largest number where the product does not fit.
    fileprivate func multiplied(by factor: Int) -> Int {
        let (result, overflows) = multipliedReportingOverflow(by: factor)
        return overflows ? .max : result
    }

    /// The largest number where the sum does not fit.
    fileprivate func added(_ other: Int) -> Int {
        let (result, overflows) = addingReportingOverflow(other)
        return overflows ? .max : result
    }
}
