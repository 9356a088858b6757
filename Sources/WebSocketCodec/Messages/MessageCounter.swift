package import NIOCore

/// Counts the messages of one direction of a WebSocket whose bytes are of no further interest: whatever its extensions
/// and whether it is masked, a message ends with a final data frame (RFC 6455, section 5.2).
///
/// What is no WebSocket is counted as nothing in particular: it harms nobody.
package struct MessageCounter: Sendable {
    package private(set) var messages = 0
    /// Payload that is still to come.
    private var payload: UInt64 = 0
    /// A header that is not whole yet.
    private var header: [UInt8] = []

    package init() {}

    package mutating func receive(_ bytes: ByteBuffer) {
        bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                if payload > 0 {
                    let skipped = min(payload, UInt64(rest.count))
                    payload -= skipped
                    rest = rest.dropFirst(Int(skipped))
                } else {
                    header.append(rest.removeFirst())
                    if let payload = payloadBytes { begin(payload) }
                }
            }
        }
    }

    private mutating func begin(_ payload: UInt64) {
        let isData = header[0] & 0x08 == 0
        if isData, header[0] & 0x80 != 0 { messages &+= 1 }
        self.payload = payload
        header.removeAll(keepingCapacity: true)
    }

    /// The length that the header tells, once it is whole.
    private var payloadBytes: UInt64? {
        guard header.count >= 2 else { return nil }
        let short = header[1] & 0x7F
        let lengthBytes = short == 126 ? 2 : short == 127 ? 8 : 0
        guard header.count == 2 + lengthBytes + (header[1] & 0x80 != 0 ? 4 : 0) else { return nil }
        guard lengthBytes > 0 else { return UInt64(short) }
        return header[2..<2 + lengthBytes].reduce(0) { $0 << 8 | UInt64($1) }
    }
}
