import LosslessJSON
import NIOCore
import SiphonCore
import SocketIOCore

/// Makes the JSON of a rule's values for one event.
struct RuleValueWriter {
    /// Most bytes that the values of one action may come to. Past it the action does nothing.
    static let bytesLimit = 16 << 20

    let draft: PacketDraft
    let context: EventContext
    let counter: Int
    private(set) var json: [UInt8] = []
    /// Those of the draft, and behind them those of binary values.
    private(set) var attachments: [ByteBuffer]

    init(_ draft: PacketDraft, _ context: EventContext, counter: Int) {
        self.draft = draft
        self.context = context
        self.counter = counter
        attachments = draft.attachments
    }

    /// Takes what was written since the last call.
    mutating func take() -> [UInt8] {
        defer { json = [] }
        return json
    }

    mutating func write(_ text: StaticString) { text.withUTF8Buffer { json.append(contentsOf: $0) } }

    mutating func write(json text: [UInt8]) { json.append(contentsOf: text) }

    /// Appends one JSON text. False where a template that is the whole of a string finds nothing, or where it all is
    /// too long.
    mutating func write(_ value: RuleValue) -> Bool {
        guard json.count <= Self.bytesLimit else { return false }
        switch value {
        case .constant(let text): json.append(contentsOf: text)
        case .binary(let bytes):
            attachments.append(ByteBuffer(bytes: bytes))
            json.append(contentsOf: "{\"_placeholder\":true,\"num\":\(attachments.count - 1)}".utf8)
        case .template(let template):
            guard let text = self.json(of: template) else { return false }
            json.append(contentsOf: text)
        case .text(let pieces):
            json.append(UInt8(ascii: "\""))
            for piece in pieces {
                switch piece {
                case .literal(let text): json.append(contentsOf: text)
                case .template(let template): writeText(of: template)
                }
            }
            json.append(UInt8(ascii: "\""))
        case .list(let elements): return writeList(elements)
        case .map(let members):
            json.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                json.append(UInt8(ascii: "\""))
                json.append(contentsOf: member.key)
                write("\":")
                guard write(member.value) else { return false }
            }
            json.append(UInt8(ascii: "}"))
        }
        return json.count <= Self.bytesLimit
    }

    /// Appends one JSON list; `first`, where there is one, is its first element as it is.
    mutating func writeList(_ elements: [RuleValue], first: [UInt8]? = nil) -> Bool {
        json.append(UInt8(ascii: "["))
        if let first { json.append(contentsOf: first) }
        for (index, element) in elements.enumerated() {
            if index > 0 || first != nil { json.append(UInt8(ascii: ",")) }
            guard write(element) else { return false }
        }
        json.append(UInt8(ascii: "]"))
        return true
    }

    // MARK: Templates

    private func json(of template: Template) -> [UInt8]? {
        switch template {
        case .place(let place): draft.json(at: place)
        case .namespace: JSONValue(draft.packet.namespace).encoded
        case .connection: JSONValue(context.connection.description).encoded
        case .counter: JSONValue(counter).encoded
        case .uuid: JSONValue(Self.uuid()).encoded
        case .now: JSONValue(Timestamp.text(nanoseconds: context.moment.wall)).encoded
        }
    }

    /// A string as its text, anything else as its JSON; nothing for what is not there.
    private mutating func writeText(of template: Template) {
        guard let text = json(of: template) else { return }
        if text.first == UInt8(ascii: "\"") {
            json.append(contentsOf: text.dropFirst().dropLast())
        } else {
            json.append(contentsOf: JSONString(String(decoding: text, as: UTF8.self)).escaped.utf8)
        }
    }

    /// Bits as RFC 9562, section 5.4, has them.
    private static func uuid() -> String {
        let digits = Array("0123456789abcdef".utf8)
        let high = UInt64.random(in: .min ... .max) & ~0xF000 | 0x4000
        let low = UInt64.random(in: .min ... .max) & ~(3 << 62) | 2 << 62
        var text: [UInt8] = []
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 8 || index == 12 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(high >> UInt64(shift) & 15)])
        }
        text.append(UInt8(ascii: "-"))
        for (index, shift) in stride(from: 60, through: 0, by: -4).enumerated() {
            if index == 4 { text.append(UInt8(ascii: "-")) }
            text.append(digits[Int(low >> UInt64(shift) & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
