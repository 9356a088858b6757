import NIOCore

/// Packets that wait for a request or for an upgrade to end, in order.
struct PacketQueue: Sendable {
    /// What a packet that waits costs besides its content, so that a flood of empty ones fills the queue too.
    static let packetOverheadBytes = 64

    /// Most heartbeats that join a queue past its limit: a peer that sends pings and takes no pongs must not grow it.
    static let heartbeatsLimit = 16

    private var packets = ShrinkingQueue<EnginePacket>()
    private var heartbeats = 0
    /// What the packets cost: their text and the overhead of each.
    private(set) var bytes = 0

    var isEmpty: Bool { packets.isEmpty }

    static func cost(of packet: EnginePacket) -> Int { packet.textSize + packetOverheadBytes }

    /// Whether `packet` may not join any more because what waits is past `bytesLimit`. So one packet may be larger than
    /// the limit, and the queue holds at most one packet beyond it. A heartbeat joins all the same, since a peer that
    /// misses it ends the session.
    func isFull(for packet: EnginePacket, bytesLimit: Int) -> Bool {
        bytes > bytesLimit && !(packet.isSmallHeartbeat && heartbeats < Self.heartbeatsLimit)
    }

    /// Of a message only its own bytes are kept: neither the frames that it came in, nor the rest of a much larger read
    /// that it is a piece of. So the memory behind the queue stays within few times `bytes`.
    mutating func append(_ packet: EnginePacket) {
        bytes += Self.cost(of: packet)
        if packet.isSmallHeartbeat { heartbeats += 1 }
        guard case .message(let message) = packet else { return packets.append(packet) }
        packets.append(.message(EngineMessage(message.kind, message.bytes.compact)))
    }

    mutating func popFirst() -> EnginePacket? {
        guard let packet = packets.popFirst() else { return nil }
        bytes -= Self.cost(of: packet)
        if packet.isSmallHeartbeat { heartbeats -= 1 }
        return packet
    }

    mutating func removeAll() {
        packets.removeAll()
        bytes = 0
        heartbeats = 0
    }

    /// Takes a polling body of at most that many packets and bytes, but of one packet at least: one that is too large
    /// for every body has to go some time. Empty for an empty queue.
    mutating func takePayload(packetLimit: Int, bytesLimit: Int) -> ByteBuffer {
        var count = 0
        var size = 0
        for packet in packets.elements {
            let next = size + packet.textSize + (count > 0 ? 1 : 0)
            guard count == 0 || (count < packetLimit && next <= bytesLimit) else { break }
            size = next
            count += 1
        }
        let payload = PollingPayload.encode(packets.elements.prefix(count))
        for _ in 0..<count { _ = popFirst() }
        return payload
    }
}

extension EnginePacket {
    /// A ping or a pong with so little content that it costs about what an empty one does.
    fileprivate var isSmallHeartbeat: Bool {
        switch self {
        case .ping(let content), .pong(let content): content.readableBytes <= 16
        case .open, .close, .message, .upgrade, .noop: false
        }
    }
}

extension ByteBuffer {
    /// The same bytes, copied where the storage behind them is much larger.
    fileprivate var compact: ByteBuffer {
        guard storageCapacity > 4 * (readableBytes + PacketQueue.packetOverheadBytes) else { return self }
        return ByteBuffer(bytes: readableBytesView)
    }
}
