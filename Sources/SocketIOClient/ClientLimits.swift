/// What a server or a busy program can make grow, and what happens there.
public struct ClientLimits: Sendable {
    /// Attachments of one packet that comes. Past it the packet is dropped and the `error` event tells of it.
    public var attachmentsPerPacket = 10

    /// Bytes of one event with its attachments. One that is emitted and is larger is `encoding`; where a message or a
    /// polling answer that comes is larger, the connection ends; where the attachments of a packet are, it is left out.
    /// 100 MB is the largest default of any Socket.IO server.
    public var messageBytes = 100_000_000

    /// Bytes that may wait to be sent, with 256 more for each event. Where more wait already, `emit` waits for room,
    /// and throws `sendBufferFull` where it cannot wait: outside of async code, and while there is no connection. One
    /// event may be larger.
    public var sendBufferBytes = 16 << 20

    /// Events that wait for their acks. Past it `emit` with a callback and `call` throw `tooManyPendingAcks`.
    public var pendingAcks = 100_000

    /// Bytes of events that wait for handlers, with 512 more for each. From there on the server is not read, for half
    /// of its ping timeout at most, 10 s at most; where sixteen times as much waits then, the connection ends.
    public var receiveBufferBytes = 1 << 20

    /// Events that a `SimpleClient` or an event sequence keeps for a reader that is slow, and their bytes. Past either
    /// the reader gets `receiveBufferFull`.
    public var unreadEvents = 10_000
    public var unreadBytes = 64 << 20

    public init() {}

    /// What may wait for handlers at most.
    var waitingBytesLimit: Int { receiveBufferBytes.multiplied(by: 16) }

    /// What may wait in the transport at most: all that may wait to be sent and one event more, in base64.
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
