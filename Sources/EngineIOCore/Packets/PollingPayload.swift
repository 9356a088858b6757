package import NIOCore

/// The body of a polling request or answer: packets as text with 0x1E between them (Engine.IO v4, payload encoding).
///
/// A text message that holds a raw 0x1E, which no JSON does, reaches the peer as two packets, as it does from every
/// other sender: the format cannot express it.
package enum PollingPayload {
    static let separator = UInt8(0x1E)

    /// Writes packets into one body, however many and large they are.
    package static func encode(_ packets: some Collection<EnginePacket>) -> ByteBuffer {
        var body = ByteBuffer()
        body.reserveCapacity(packets.reduce(packets.count) { $0 + $1.textSize })
        for (index, packet) in packets.enumerated() {
            if index > 0 { body.writeInteger(separator) }
            packet.writeText(to: &body)
        }
        return body
    }
}
