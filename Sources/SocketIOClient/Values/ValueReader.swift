import Base64Coding
import LosslessJSON

/// Builds values from JSON text that has passed `JSONParser.validate`, whose depth limit bounds the recursion here.
struct ValueReader {
    /// What stands for bytes in the text.
    enum Binaries {
        /// Nothing: all is plain data.
        case none
        /// `{"_placeholder":true,"num":k}` for the k-th of these (Socket.IO v5, binary).
        case attachments([[UInt8]])
        /// `{"$binary":"<base64>"}`.
        case base64
    }

    /// What is wrong at a place in the value.
    struct Fault: Error {
        let problem: String
        /// From the inside out.
        var path: [JSONPath.Element] = []
    }

    private var cursor: JSONCursor
    private let binaries: Binaries

    private init(_ text: UnsafeRawBufferPointer, binaries: Binaries) {
        cursor = JSONCursor(text)
        self.binaries = binaries
    }

    /// Reads the one value that `text` holds.
    ///
    /// - Parameter path: where the value stands, for an error's message.
    static func read(
        _ text: UnsafeRawBufferPointer, binaries: Binaries, path: (_ inside: [JSONPath.Element]) -> String
    ) throws(SocketIOClientError) -> SocketIOValue {
        do throws(JSONError) {
            try JSONParser.validate(text, valueLimit: JSONParser.defaultValueLimit)
        } catch {
            throw SocketIOClientError(.decoding, error.sentence)
        }
        var reader = ValueReader(text, binaries: binaries)
        do throws(Fault) { return try reader.value() } catch {
            let place = path(error.path.reversed())
            throw SocketIOClientError(
                .decoding, place.isEmpty ? error.problem : "\(place): \(error.problem)",
                logged: "what stands for bytes is not as it should be")
        }
    }

    private mutating func value() throws(Fault) -> SocketIOValue {
        switch cursor.peek {
        case UInt8(ascii: "\""): return .string(string())
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "t"): return literal(.bool(true))
        case UInt8(ascii: "f"): return literal(.bool(false))
        case UInt8(ascii: "n"): return literal(.null)
        default: return .number(SocketIONumber(validated: text(of: cursor.value())))
        }
    }

    private mutating func literal(_ value: SocketIOValue) -> SocketIOValue {
        _ = cursor.value()
        return value
    }

    private mutating func string() -> String {
        let range = cursor.string() ?? 0..<0
        let text = text(of: range)
        return cursor.bytes[range].contains(0x5C) ? JSONString(escapedOnWire: text).value : text
    }

    private func text(of range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: cursor.bytes[range]), as: UTF8.self)
    }

    private mutating func array() throws(Fault) -> SocketIOValue {
        var elements: [SocketIOValue] = []
        _ = cursor.skip("[")
        guard !cursor.skip("]") else { return .array(elements) }
        repeat {
            do throws(Fault) { elements.append(try value()) } catch {
                throw error.inside(.index(elements.count))
            }
            cursor.skipSpace()
        } while cursor.skip(",")
        _ = cursor.skip("]")
        return .array(elements)
    }

    private mutating func object() throws(Fault) -> SocketIOValue {
        var object = SocketIOObject()
        _ = cursor.skip("{")
        guard !cursor.skip("}") else { return .object(object) }
        repeat {
            let key = string()
            cursor.skipSpace()
            _ = cursor.skip(":")
            do throws(Fault) { object.append(key: key, value: try value()) } catch { throw error.inside(.key(key)) }
            cursor.skipSpace()
        } while cursor.skip(",")
        _ = cursor.skip("}")
        switch binaries {
        case .none: return .object(object)
        case .attachments(let attachments): return try placeholder(object, attachments) ?? .object(object)
        case .base64: return try base64(object) ?? .object(object)
        }
    }

    /// As the JavaScript decoder: a placeholder is what has `_placeholder` true, and then its number must be that of
    /// an attachment. One attachment may stand in several places.
    private func placeholder(_ object: SocketIOObject, _ attachments: [[UInt8]]) throws(Fault) -> SocketIOValue? {
        guard object["_placeholder"] == .bool(true) else { return nil }
        guard let num = object["num"] else { throw Fault(problem: "this placeholder has no num") }
        guard case .number(let number) = num else {
            throw Fault(problem: "a placeholder's num is a number, here it is \(num.found)")
        }
        guard let index = Int(exactly: number.double), attachments.indices.contains(index) else {
            let number = number.text.cut(to: 24)
            throw Fault(problem: "there is no attachment \(number), the packet has \(attachments.count)")
        }
        return .binary(attachments[index])
    }

    private func base64(_ object: SocketIOObject) throws(Fault) -> SocketIOValue? {
        guard object.count == 1, let member = object.first, member.key == "$binary",
            case .string(let text) = member.value
        else { return nil }
        guard let bytes = Base64.decode(text) else {
            throw Fault(problem: "$binary is base64 with padding, here it is \(member.value.found)")
        }
        return .binary(bytes)
    }
}

extension ValueReader.Fault {
    fileprivate func inside(_ element: JSONPath.Element) -> Self {
        var outer = self
        outer.path.append(element)
        return outer
    }
}

extension JSONError {
    fileprivate var sentence: String {
        switch code {
        case .unexpectedEnd: "the JSON ends too early, at byte \(offset)"
        case .unexpectedByte: "the JSON is broken at byte \(offset)"
        case .badNumber: "the number at byte \(offset) is not written as JSON writes numbers"
        case .badEscape: "the escape at byte \(offset) is none that JSON knows"
        case .badUTF8: "the string at byte \(offset) is not UTF-8"
        case .controlCharacter: "there is a control character in the string at byte \(offset)"
        case .tooDeep:
            "the JSON is nested deeper than \(JSONParser.defaultDepthLimit) lists and objects, at byte \(offset)"
        case .tooManyValues: "the JSON holds more than \(JSONParser.defaultValueLimit) values"
        case .trailingBytes: "there is more behind the JSON value, at byte \(offset)"
        }
    }
}
