import LosslessJSON
import NIOCore
import SocketIOCore

/// What the client knows of one of its namespaces.
struct NamespaceSession {
    enum State: Equatable {
        /// Not asked for on this connection.
        case idle
        /// Its CONNECT is sent.
        case pending
        case joined(sid: String)
        case refused(Refusal)
        /// Left by either side.
        case left
    }

    /// An emission that waits, and the id under which the table of acks has who waits for its ack: that of the packet,
    /// or one below 0 for what is sent until it is acknowledged, each time with another id.
    struct Waiting {
        let emission: Emission
        let ackID: Int?
    }

    /// The event at the head of the queue of those that are sent until they are acknowledged.
    struct Attempt {
        var ackID: Int?
        var count = 0
    }

    let name: String
    var state = State.idle
    /// What the server lets this session be found by again; nil where it does not recover sessions.
    var recoveryID: String?
    /// Of the last event that the server would not send again.
    var offset: String?
    var isRecovered = false
    /// Events that came before the answer to the CONNECT: those that were missed, where a session is recovered.
    var early: [SocketPacket] = []
    var earlyBytes = 0
    /// Emitted while the namespace is not joined.
    var waiting = CircularBuffer<Waiting>()
    /// With retries: one after the other, the next once the one before is acknowledged or given up.
    var unacknowledged = CircularBuffer<Waiting>()
    var attempt = Attempt()
    private var lastAckID = 0
    private var lastOwnID = 0

    init(name: String) { self.name = name }

    var sid: String? {
        if case .joined(let sid) = state { sid } else { nil }
    }

    var isJoined: Bool { sid != nil }

    var refusal: Refusal? {
        if case .refused(let refusal) = state { refusal } else { nil }
    }

    /// Whether it is over on this connection, whoever ended it.
    var isOver: Bool {
        switch state {
        case .refused, .left: true
        case .idle, .pending, .joined: false
        }
    }

    /// From 1 on, as python counts; not begun anew by a reconnection.
    mutating func nextAckID() -> Int {
        lastAckID += 1
        return lastAckID
    }

    /// Below 0: one that no packet has.
    mutating func nextOwnID() -> Int {
        lastOwnID -= 1
        return lastOwnID
    }

    mutating func forgetEarly() {
        early = []
        earlyBytes = 0
    }

    /// The JSON of its CONNECT, empty for none: what authenticates, and what recovers the session (Socket.IO v4.6,
    /// connection state recovery), of which the former counts where both have a key.
    ///
    /// - Parameter auth: no deeper than can be written, and without binary.
    func connectPayload(auth: SocketIOValue?) -> [UInt8] {
        var payload = auth
        if let recoveryID, auth == nil || auth?.isNull == true || auth?.object != nil {
            var members: SocketIOObject = ["pid": .string(recoveryID)]
            members["offset"] = offset.map { .string($0) }
            for (key, value) in auth?.object ?? [:] { members[key] = value }
            payload = .object(members)
        }
        return payload.flatMap { try? WirePayload($0, path: "auth").json } ?? []
    }

    /// Notes the offset of an event, the last of its arguments where that is a string.
    mutating func noteOffset(of packet: SocketPacket) {
        guard recoveryID != nil, !packet.wantsAck else { return }
        let payload = packet.payload
        offset =
            payload.withUnsafeReadableBytes { bytes in
                guard let last = (try? JSONParser.elements(of: bytes))?.dropFirst().last else { return nil }
                return (try? JSONParser.parse(UnsafeRawBufferPointer(rebasing: bytes[last])))?.string
            } ?? offset
    }
}
