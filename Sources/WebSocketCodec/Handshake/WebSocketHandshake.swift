import Base64Coding

/// The two header values by which both ends show that they mean WebSocket (RFC 6455, sections 1.3 and 4).
package enum WebSocketHandshake {

    /// The value of `Sec-WebSocket-Accept` that answers this `Sec-WebSocket-Key`.
    package static func accept(forKey key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }

    /// A new `Sec-WebSocket-Key`: 16 random bytes.
    package static func makeKey() -> String {
        // Drawn eight at a time: each draw is a system call.
        let halves = [UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max)]
        return halves.withUnsafeBytes { Base64.encode(Array($0)) }
    }

    /// Whether it is the base64 of 16 bytes. As other servers do, it lets the four bits pass that decode to nothing.
    package static func isValidKey(_ key: String) -> Bool {
        let bytes = Array(key.utf8)
        return bytes.count == 24 && bytes.prefix(22).allSatisfy(Base64.isDigit) && bytes.suffix(2) == [0x3D, 0x3D]
    }
}
