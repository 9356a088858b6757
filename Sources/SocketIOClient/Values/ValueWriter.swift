import Base64Coding
import LosslessJSON
import NIOCore

/// Writes values as compact JSON. Keeps what is open on a list of its own, so that no value is too deep for the stack.
struct ValueWriter {
    /// How bytes are written.
    enum Binaries {
        /// As placeholders numbered from 0, depth first (Socket.IO v5, binary); the bytes are gathered in
        /// `attachments`.
        case attachments
        /// `{"$binary":"<base64>"}`
        case base64
        /// `<binary 12 bytes>`, which is no JSON.
        case size
    }

    private struct Open {
        let value: SocketIOValue
        var index = 0
    }

    private var writer = JSONWriter()
    private(set) var attachments: [ByteBuffer] = []
    /// Whether an object was written that a peer takes for a placeholder where there are attachments.
    private(set) var hasLookalike = false
    private let binaries: Binaries
    private var open: [Open] = []

    init(binaries: Binaries) { self.binaries = binaries }

    var bytes: [UInt8] { writer.bytes }

    mutating func beginArray() { writer.beginArray() }
    mutating func endArray() { writer.endArray() }
    mutating func string(_ string: String) { writer.string(string) }

    /// Writes `value`. False, with half of it written, where it is nested deeper than `depthLimit`.
    mutating func write(_ value: SocketIOValue, depthLimit: Int) -> Bool {
        writeOrOpen(value)
        while let last = open.indices.last {
            guard open.count <= depthLimit else { return false }
            let index = open[last].index
            switch open[last].value {
            case .array(let elements): writeElements(of: elements, from: index, at: last)
            case .object(let object): writeMembers(of: object, from: index, at: last)
            default: open.removeLast()
            }
        }
        return true
    }

    /// Goes on up to the next list or object, or to the end.
    private mutating func writeElements(of elements: [SocketIOValue], from start: Int, at place: Int) {
        for index in start..<elements.count where writeOrOpen(elements[index]) {
            return open[place].index = index + 1
        }
        writer.endArray()
        open.removeLast()
    }

    private mutating func writeMembers(of object: SocketIOObject, from start: Int, at place: Int) {
        for index in start..<object.count {
            let (key, value) = object[index]
            writer.key(key)
            if key == "_placeholder", value == .bool(true) { hasLookalike = true }
            if writeOrOpen(value) { return open[place].index = index + 1 }
        }
        writer.endObject()
        open.removeLast()
    }

    /// Writes a value that is no list or object; begins a list or an object, and then returns true.
    @discardableResult
    private mutating func writeOrOpen(_ value: SocketIOValue) -> Bool {
        switch value {
        case .null: writer.null()
        case .bool(let bool): writer.bool(bool)
        case .number(let number): writer.raw(number.text.utf8)
        case .string(let string): writer.string(string)
        case .binary(let bytes): write(bytes)
        case .array:
            writer.beginArray()
            open.append(Open(value: value))
            return true
        case .object:
            writer.beginObject()
            open.append(Open(value: value))
            return true
        }
        return false
    }

    private mutating func write(_ binary: [UInt8]) {
        switch binaries {
        case .attachments:
            writer.raw(#"{"_placeholder":true,"num":\#(attachments.count)}"#.utf8)
            attachments.append(ByteBuffer(bytes: binary))
        case .base64: writer.raw(#"{"$binary":"\#(Base64.encode(binary))"}"#.utf8)
        case .size: writer.raw("<binary \(binary.count) bytes>".utf8)
        }
    }
}
