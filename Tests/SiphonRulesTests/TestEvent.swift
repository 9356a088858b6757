import EngineIOCore
import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore

@testable import SiphonRules

/// An event as the capture would show it, every property to be set.
struct TestEvent: EventView {
    var connection = ConnectionID(7)
    var from = Side.client
    var kind = EventKind.event
    var transport = EngineTransport.webSocket
    var engineVersion: UInt8 = 4
    var time: Int64 = 0
    var sizeBytes = 100
    var verdicts: Verdicts = [.forwarded]
    var ackState: AckState?
    var ackLatencyNanoseconds: Int64?
    var marks: [String] = []
    var namespace = "/"
    var name: String? = "chat"
    var payload = #"["chat",{"text":"Hello W\u00f6rld","n":1.50,"ok":true}]"#

    /// The JSON of the ack that came for it.
    var ackPayload: String?

    func withAckPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        ackPayload.map { Array($0.utf8).withUnsafeBytes { body($0) } }
    }

    func withPayload<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Array(payload.utf8).withUnsafeBytes { body($0) }
    }
}

extension SocketPacket {
    /// The packet that these messages are.
    init(text: String, attachments: [[UInt8]] = []) throws {
        var decoder = SocketPacketDecoder(attachmentLimit: 100, attachmentBytesLimit: 1000)
        var packet = try decoder.receive(.text(text))
        for attachment in attachments { packet = try decoder.receive(.binary(attachment)) }
        guard let packet else { throw SocketIOError(.missingAttachments, at: 0) }
        self = packet
    }

    var wire: String { String(buffer: text.bytes) }
}

extension EventContext {
    static func from(
        _ side: Side, transport: EngineTransport = .webSocket, engineVersion: UInt8 = 4,
        at moment: Moment = Moment(monotonic: .uptimeNanoseconds(0), wall: 0)
    ) -> EventContext {
        EventContext(
            connection: ConnectionID(7), from: side, transport: transport, engineVersion: engineVersion, at: moment)
    }
}

extension Rule {
    /// The rule of a JSON text.
    static func reading(_ text: String) throws -> Rule { try RuleParser.rule(from: try JSONValue(parsing: text)) }
}
