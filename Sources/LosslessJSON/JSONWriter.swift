/// Writes JSON into bytes, member by member, so that a large answer is never a tree first.
///
/// It puts the commas; opening and closing in pairs is the caller's part.
package struct JSONWriter {
    package private(set) var bytes: [UInt8] = []
    private var needsComma = false

    package init() {}

    package mutating func beginObject() { open("{") }
    package mutating func endObject() { close("}") }
    package mutating func beginArray() { open("[") }
    package mutating func endArray() { close("]") }

    package mutating func key(_ key: String) {
        write(JSONString(key))
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    package mutating func string(_ value: String) { write(JSONString(value)) }

    package mutating func number(_ value: Int) { token(String(value)) }

    package mutating func number(_ value: Double) { token(JSONNumber(value).text) }

    package mutating func bool(_ value: Bool) { token(value ? "true" : "false") }

    package mutating func null() { token("null") }

    /// Text that is known to be one JSON value.
    package mutating func raw(_ json: some Sequence<UInt8>) {
        comma()
        bytes.append(contentsOf: json)
        needsComma = true
    }

    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let bool): self.bool(bool)
        case .number(let number): token(number.text)
        case .string(let string): write(string)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let members):
            beginObject()
            for member in members {
                write(member.key)
                bytes.append(UInt8(ascii: ":"))
                needsComma = false
                self.value(member.value)
            }
            endObject()
        }
    }

    private mutating func write(_ string: JSONString) {
        comma()
        bytes.append(UInt8(ascii: "\""))
        bytes.append(contentsOf: string.escaped.utf8)
        bytes.append(UInt8(ascii: "\""))
        needsComma = true
    }

    private mutating func token(_ text: String) { raw(text.utf8) }

    private mutating func open(_ bracket: Unicode.Scalar) {
        comma()
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    private mutating func comma() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}

extension JSONValue {
    /// The value as compact JSON text.
    package var encoded: [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.bytes
    }

    package var text: String { String(decoding: encoded, as: UTF8.self) }
}
