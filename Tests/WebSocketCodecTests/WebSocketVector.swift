import Foundation
import NIOCore
import Testing
import WebSocketCodec

/// One line of `Tests/Vectors/websocket-frames.json`.
///
/// Bytes are hexadecimal words; `0102*3` stands for `01 02 01 02 01 02`. `frames` is left out where it is the whole
/// wire. `offset` is where the error is; `reencode` says that writing what was read gives the same wire.
struct WebSocketVector: Decodable, CustomTestStringConvertible, Sendable {
    struct Input: Decodable, Sendable {
        let text: String?, binary: String?, frames: String?, ping: String?, pong: String?
        let close: UInt16?, reason: String?
    }

    let name: String, role: String, wire: String, expected: [Input]
    let error: String?, offset: Int?
    let mask: String?, reencode: Bool?
    let messageBytesLimit: Int?, fragmentsLimit: Int?

    var testDescription: String { name }

    static let all: [WebSocketVector] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = folder.appending(path: "Vectors/websocket-frames.json")
        do {
            return try JSONDecoder().decode([WebSocketVector].self, from: Data(contentsOf: file))
        } catch {
            Issue.record("\(file.lastPathComponent): \(error)")
            return []
        }
    }()

    var bytes: [UInt8] { Self.bytes(wire) }

    var reader: WebSocketReader {
        WebSocketReader(
            role: role == "server" ? .server : .client, messageBytesLimit: messageBytesLimit ?? 100_000,
            fragmentsLimit: fragmentsLimit ?? 100)
    }

    var expectedError: WebSocketError? {
        error.flatMap(WebSocketError.Code.init(rawValue:)).map { WebSocketError($0, at: offset ?? -1) }
    }

    var expectedInputs: [WebSocketInput] {
        expected.map { input in
            let frames = Self.buffer(input.frames ?? wire)
            if let text = input.text { return .message(.text, payload: Self.buffer(text), frames: frames) }
            if let binary = input.binary { return .message(.binary, payload: Self.buffer(binary), frames: frames) }
            if let ping = input.ping { return .ping(Self.buffer(ping)) }
            if let pong = input.pong { return .pong(Self.buffer(pong)) }
            return .close(code: input.close, reason: ByteBuffer(string: input.reason ?? ""))
        }
    }

    var maskKey: UInt32? { mask.flatMap { UInt32($0, radix: 16) } }

    static func buffer(_ hexadecimal: String) -> ByteBuffer { ByteBuffer(bytes: bytes(hexadecimal)) }

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        hexadecimal.split(separator: " ").flatMap { word in
            let parts = word.split(separator: "*")
            let digits = Array(parts[0])
            let unit = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
            let times = parts.count == 2 ? Int(parts[1])! : 1
            return (0..<times).flatMap { _ in unit }
        }
    }
}

extension WebSocketReader {
    /// Takes `parts` one after the other and returns all that comes of them, and the error that ended it.
    mutating func read(_ parts: [ArraySlice<UInt8>]) -> ([WebSocketInput], WebSocketError?) {
        var inputs: [WebSocketInput] = []
        for part in parts {
            append(ByteBuffer(bytes: part))
            do throws(WebSocketError) {
                while let input = try next() { inputs.append(input) }
            } catch {
                return (inputs, error)
            }
        }
        return (inputs, nil)
    }
}
