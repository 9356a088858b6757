import NIOCore
import SocketIOCore

/// One packet on its way out, encoded but for its ack id, which it gets when it is sent.
struct Emission: Sendable {
    /// What an emission costs besides its bytes.
    static let overheadBytes = 256

    enum Kind: Sendable {
        case event(AckRequest?)
        /// The answer to an event of the server: the digits of its ack id, and the session that it came in. In another
        /// session that id is another event's.
        case ack(id: String, session: Int)
    }

    let namespace: String
    let kind: Kind
    /// The JSON list, placeholders numbered from 0.
    let payload: [UInt8]
    var attachments: [ByteBuffer] = []
    /// Dropped where it cannot be sent at once.
    var isVolatile = false

    var cost: Int { attachments.reduce(payload.count + Self.overheadBytes) { $0 + $1.readableBytes } }

    var ackRequest: AckRequest? {
        if case .event(let request) = kind { request } else { nil }
    }

    func packet(ackID: Int?) -> SocketPacket {
        switch kind {
        case .event:
            SocketPacket(
                kind: .event, namespace: namespace, ackID: ackID.map(String.init), payload: payload,
                attachments: attachments)
        case .ack(let id, _):
            SocketPacket(kind: .ack, namespace: namespace, ackID: id, payload: payload, attachments: attachments)
        }
    }
}
