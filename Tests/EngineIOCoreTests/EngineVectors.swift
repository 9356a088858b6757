import EngineIOCore
import Foundation
import LosslessJSON
import NIOCore
import Testing

/// One entry of `Tests/Vectors/engine-*.json`.
struct EngineVector: CustomTestStringConvertible, Sendable {
    let json: JSONValue

    var testDescription: String { json["name"]?.string ?? "a vector without a name" }

    static func all(_ file: String) -> [EngineVector] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let url = folder.appending(components: "Vectors", file)
        guard let data = try? Data(contentsOf: url), let list = try? JSONValue(parsing: Array(data)).elements else {
            fatalError("\(url.path) is no list of vectors")
        }
        return list.map(EngineVector.init)
    }

    /// The error that is expected; nil where none is.
    var error: EngineIOError? {
        guard let name = json["error"]?.string, let code = EngineIOError.Code(rawValue: name) else { return nil }
        return EngineIOError(code, at: json["offset"]?.int ?? -1)
    }

    /// A member that is text, `{"hex": …}` or `{"repeat": …, "count": …}`.
    func bytes(_ key: String) -> ByteBuffer? {
        guard let value = json[key] else { return nil }
        if let hex = value["hex"]?.string { return ByteBuffer(hex: hex) }
        if let text = value["repeat"]?.string {
            return ByteBuffer(string: String(repeating: text, count: value["count"]?.int ?? 0))
        }
        return value.string.map { ByteBuffer(string: $0) }
    }

    func packet(_ value: JSONValue) -> EnginePacket? {
        guard let member = value.members?.first, let content = member.value.string else { return nil }
        switch member.key.value {
        case "open": return .open(ByteBuffer(string: content))
        case "close": return .close
        case "ping": return .ping(ByteBuffer(string: content))
        case "pong": return .pong(ByteBuffer(string: content))
        case "text": return .message(.text(content))
        case "binary": return .message(EngineMessage(.binary, ByteBuffer(hex: content)))
        case "upgrade": return .upgrade
        case "noop": return .noop
        default: return nil
        }
    }
}

extension ByteBuffer {
    init(hex: String) {
        let digits = Array(hex.utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).map {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16) ?? 0
        }
        self.init(bytes: bytes)
    }
}
