import LosslessJSON
import SiphonCore
import SocketIOCore

/// Reads the parts of a packet's text. A peer wrote it: what is not UTF-8 reads as U+FFFD.
enum EventContent {
    static func namespace(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) -> String {
        envelope.namespace.isEmpty ? "/" : String(decoding: text[envelope.namespace], as: UTF8.self)
    }

    static func name(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) -> String? {
        guard hasName(envelope) else { return nil }
        return JSONString(escapedOnWire: String(decoding: text[envelope.name], as: UTF8.self)).value
    }

    static func hasName(_ envelope: PacketEnvelope) -> Bool {
        envelope.kind.isEvent && envelope.name.lowerBound > envelope.payloadOffset
    }

    static func ackID(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) -> String? {
        envelope.ackID.isEmpty ? nil : String(decoding: text[envelope.ackID], as: UTF8.self)
    }

    static func payload(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: text[envelope.payloadOffset...])
    }
}
