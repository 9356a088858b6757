import EngineIOCore
package import LosslessJSON
import NIOCore
package import SiphonCore
package import SocketIOCore

/// What a decision would have made of an event of the capture.
package struct EventTrial {
    package let event: StoredEvent
    private let received: SocketPacket
    private let decision: EventDecision

    package init(_ event: StoredEvent, received: SocketPacket, decision: EventDecision) {
        self.event = event
        self.received = received
        self.decision = decision
    }

    /// What it takes in memory, in bytes.
    package var sizeBytes: Int { received.sizeBytes + (decision.packet?.sizeBytes ?? 0) }

    /// Writes `{"event": …, "becomes": {"verdict": […], …}}`: of what the event would become the fields that differ
    /// from those it came with, its marks, the arguments of the ack as `answer` where it would be answered, what would
    /// be emitted as `emits`, `delayMilliseconds`, and what it `disconnects`. What throttles do depends on the time.
    package func write(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("event")
        event.write(into: &writer, detailed: false)
        writer.key("becomes")
        writer.beginObject()
        writer.list("verdict", verdicts.array.map(\.word))
        if let packet = decision.packet {
            writer.differences(of: EventFields(packet), from: EventFields(received))
        }
        if let shaping = decision.shaping {
            if !shaping.marks.isEmpty { writer.list("marks", shaping.marks) }
            if !shaping.emissions.isEmpty { write(shaping.emissions, into: &writer) }
            if shaping.delay > .zero {
                writer.key("delayMilliseconds")
                writer.number(Double(shaping.delay.nanoseconds) / 1e6)
            }
            if let end = shaping.disconnection { writer.member("disconnects", end.method.word) }
        }
        if let answer = decision.answer {
            writer.key("answer")
            writer.raw(EventFields(answer).arguments)
        }
        writer.endObject()
        writer.endObject()
    }

    private func write(_ emissions: [Emission], into writer: inout JSONWriter) {
        writer.key("emits")
        writer.beginArray()
        for emission in emissions {
            let fields = EventFields(emission.packet)
            writer.beginObject()
            writer.member("to", emission.to.word)
            writer.member("namespace", fields.namespace)
            writer.member("name", fields.name)
            writer.key("args")
            writer.raw(fields.arguments)
            writer.endObject()
        }
        writer.endArray()
    }

    private var verdicts: Verdicts {
        var verdicts: Verdicts = []
        guard let packet = decision.packet else {
            verdicts.append(.dropped)
            if decision.answer != nil { verdicts.append(.replied) }
            return verdicts
        }
        if packet != received { verdicts.append(.modified) }
        if let shaping = decision.shaping {
            if shaping.delay > .zero { verdicts.append(.delayed) }
            if shaping.reordering != nil { verdicts.append(.reordered) }
            if shaping.copies > 1 { verdicts.append(.duplicated) }
        }
        verdicts.append(.forwarded)
        return verdicts
    }
}

extension StoredEvent {
    /// The packet as it came; nil for what was none, or was injected. Where it was changed, zeros stand for the bytes
    /// of its attachments, of which only the sizes are kept.
    package var receivedPacket: SocketPacket? {
        guard record.isPacket, !injected else { return nil }
        let text = record.isEdited ? record.withOriginalText { Array($0) } : record.withText { Array($0) }
        let attachments =
            record.isEdited
            ? record.originalAttachmentSizes.map { [UInt8](repeating: 0, count: $0) }
            : (0..<record.attachmentCount).map { record.withAttachment($0) { Array($0) } }
        var decoder = SocketPacketDecoder(attachmentLimit: .max, attachmentBytesLimit: .max)
        var packet = try? decoder.receive(EngineMessage(.text, ByteBuffer(bytes: text)))
        for attachment in attachments where packet == nil {
            packet = try? decoder.receive(.binary(attachment))
        }
        return packet
    }

    /// What rules knew of it when it came.
    package var context: EventContext {
        EventContext(
            connection: connection, from: from, transport: transport, engineVersion: engineVersion,
            at: Moment(monotonic: .uptimeNanoseconds(UInt64(clamping: time)), wall: time))
    }
}
