import EngineIOCore
import Foundation
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

/// One case of `Tests/Vectors/socket-packets.json`: a text message with its attachments, and the packet or the error.
struct PacketVector: CustomTestStringConvertible, Sendable {
    struct Packet: Equatable, Sendable {
        let kind: String, namespace: String, ackID: String?, event: String?, payload: String
        let attachments: [[UInt8]]
    }

    let name: String
    let wire: [EngineMessage]
    let expected: Result<Packet, SocketIOError>
    /// Whether a packet made from the parts has the same text.
    let isRewritten: Bool

    var testDescription: String { name }

    static let all: [PacketVector] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../Vectors/socket-packets.json")
        guard let bytes = try? Data(contentsOf: file), let json = try? JSONValue(parsing: Array(bytes)) else {
            return []
        }
        return (json.elements ?? []).compactMap(PacketVector.init)
    }()

    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let text = json["text"]?.string else { return nil }
        let attachments = (json["binary"]?.elements ?? []).map { Self.bytes($0.string ?? "") }
        self.name = name
        wire = [.text(text)] + attachments.map { .binary($0) }
        isRewritten = json["rewrites"]?.bool ?? false
        if let packet = json["packet"] {
            expected = .success(
                Packet(
                    kind: packet["kind"]?.string ?? "", namespace: packet["namespace"]?.string ?? "",
                    ackID: packet["ackId"]?.string, event: packet["event"]?.string,
                    payload: packet["payload"]?.string ?? "", attachments: attachments))
        } else {
            guard let error = json["error"], let code = SocketIOError.Code(rawValue: error["code"]?.string ?? "") else {
                return nil
            }
            expected = .failure(SocketIOError(code, at: error["offset"]?.int ?? 0))
        }
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { UInt8(String(digits[$0...$0 + 1]), radix: 16) }
    }
}

extension PacketVector.Packet {
    init(_ packet: SocketPacket) {
        self.init(
            kind: "\(packet.kind)", namespace: packet.namespace, ackID: packet.ackID, event: packet.eventName,
            payload: String(buffer: packet.payload),
            attachments: packet.attachments.map { Array($0.bytes.readableBytesView) })
    }
}
