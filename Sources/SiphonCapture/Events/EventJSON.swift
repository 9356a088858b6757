import Base64Coding
import EngineIOCore
package import LosslessJSON
import SiphonCore

extension StoredEvent {
    /// Writes the event as the API shows it, in one line of valid JSON whatever the peers sent.
    ///
    /// - Parameter detailed: adds `raw`, which is the whole text as on the wire, with `rawEncoding` `text`; for bytes
    ///   that are no UTF-8, and for a binary message, `base64`; both null for what was never on the wire. The same two
    ///   in `original`. And `receivedSizeBytes` and `sentSizeBytes`, the sizes on the two hops: null where the event
    ///   was injected, or dropped.
    package func write(into writer: inout JSONWriter, detailed: Bool) {
        let fields = EventFields(record)
        let original = EventFields(originalOf: record)
        writer.beginObject()
        writer.member("id", id.description)
        writer.member("connection", connection.description)
        writer.member("time", Timestamp.text(nanoseconds: time))
        writer.member("from", from.word)
        writer.member("kind", kind.word)
        writer.member("namespace", fields.namespace)
        writer.member("name", fields.name)
        writer.key("args")
        writer.raw(fields.arguments)
        writer.key("ackId")
        writer.ackID(fields.ackID)
        writer.key("wantsAck")
        writer.bool(wantsAck)
        writer.key("ack")
        writeAck(into: &writer)
        if kind == .ack { writer.member("answers", answers?.description) }
        writer.list("verdict", verdicts.array.map(\.word))
        writer.list("rules", rules.map(\.description))
        writer.key("original")
        writeOriginal(original, of: fields, detailed: detailed, into: &writer)
        writer.key("sizeBytes")
        writer.number(fields.sizeBytes)
        writer.member("transport", transport.rawValue)
        writer.member("parser", "json")
        writer.attachments(fields.attachmentSizes)
        writer.key("injected")
        writer.bool(injected)
        writer.list("marks", marks)
        if detailed {
            writer.rawText(isOnWire: record.isPacket || kind == .opaque, isBinary: isBinary, record.withText)
            writer.size("receivedSizeBytes", injected ? nil : original?.sizeBytes ?? fields.sizeBytes)
            writer.size("sentSizeBytes", verdicts.contains(.dropped) ? nil : fields.sizeBytes)
        }
        writer.endObject()
    }

    private var isBinary: Bool { record.header.flags.contains(.binary) }

    private func writeAck(into writer: inout JSONWriter) {
        guard let ack else { return writer.null() }
        writer.beginObject()
        writer.member("event", ack.event.description)
        writer.key("latencyMilliseconds")
        writer.number(Double(ack.latencyNanoseconds) / 1e6)
        writer.endObject()
    }

    /// Only what differs.
    private func writeOriginal(
        _ original: EventFields?, of sent: EventFields, detailed: Bool, into writer: inout JSONWriter
    ) {
        guard let original, detailed || original != sent else { return writer.null() }
        writer.beginObject()
        writer.differences(of: original, from: sent)
        if detailed { writer.rawText(isOnWire: true, isBinary: false, record.withOriginalText) }
        writer.endObject()
    }
}

extension JSONWriter {
    /// The fields that differ, as members.
    mutating func differences(of fields: EventFields, from others: EventFields) {
        if fields.namespace != others.namespace { member("namespace", fields.namespace) }
        if fields.name != others.name { member("name", fields.name) }
        if fields.arguments != others.arguments {
            key("args")
            raw(fields.arguments)
        }
        if fields.ackID != others.ackID {
            key("ackId")
            ackID(fields.ackID)
        }
        if fields.sizeBytes != others.sizeBytes { size("sizeBytes", fields.sizeBytes) }
        if fields.attachmentSizes != others.attachmentSizes { attachments(fields.attachmentSizes) }
    }

    mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        if let value { string(value) } else { null() }
    }

    fileprivate mutating func size(_ key: String, _ value: Int?) {
        self.key(key)
        if let value { number(value) } else { null() }
    }

    mutating func list(_ key: String, _ values: [String]) {
        self.key(key)
        beginArray()
        for value in values { string(value) }
        endArray()
    }

    fileprivate mutating func attachments(_ sizes: [Int]) {
        key("attachments")
        beginArray()
        for (index, size) in sizes.enumerated() {
            beginObject()
            self.size("index", index)
            self.size("sizeBytes", size)
            endObject()
        }
        endArray()
    }

    /// A number of up to 15 digits, which every JSON reader keeps; a string where it has more, or is none (`007`).
    fileprivate mutating func ackID(_ digits: String?) {
        guard let digits else { return null() }
        guard digits.utf8.count <= 15, digits == "0" || digits.utf8.first != 0x30 else { return string(digits) }
        raw(digits.utf8)
    }

    fileprivate mutating func rawText(
        isOnWire: Bool, isBinary: Bool,
        _ withText: ((UnsafeRawBufferPointer) -> (String?, String?)) -> (String?, String?)
    ) {
        let (text, encoding): (String?, String?) = withText { bytes in
            guard isOnWire else { return (nil, nil) }
            if !isBinary, let text = String(validating: bytes, as: UTF8.self) { return (text, "text") }
            return (Base64.encode(bytes), "base64")
        }
        member("raw", text)
        member("rawEncoding", encoding)
    }
}
