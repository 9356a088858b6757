import NIOCore

/// Packets that wait for a request or for an upgrade to end, in order.
struct PacketQueue: Sendable {
    /// What a packet that waits costs besides its content, so that a flood of empty ones fills the queue too.
    static let packetOverheadBytes = 64

    private var packets = ShrinkingQueue<EnginePacket>()
    /// What the packets cost: their text and the overhead of each.
    private(set) var bytes = 0

    var isEmpty: Bool { packets.isEmpty }

    static func cost(of packet: EnginePacket) -> Int { packet.textSize + packetOverheadBytes }

    /// The frames that a message came in are not kept: they would double what it costs.
    mutating func append(_ packet: EnginePacket) {
        bytes += Self.cost(of: packet)
        guard case .message(let message) = packet, message.frames != nil else { return packets.append(packet) }
        packets.append(.message(EngineMessage(message.kind, message.bytes)))
    }

    mutating func popFirst() -> EnginePacket? {
        guard let packet = packets.popFirst() else { return nil }
        bytes -= Self.cost(of: packet)
        return packet
    }

    mutating func removeAll() {
        packets.removeAll()
        bytes = 0
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
