/// The masking of RFC 6455, section 5.3, which is its own inverse. `key` is the number that the four bytes on the wire
/// make, most significant first.
enum WebSocketMask {
    /// Writes the bytes of `source`, masked, to `target`, which has room for them and does not overlap them.
    ///
    /// `phase` is how many bytes of the payload came before these.
    @inline(__always)
    static func apply(
        _ key: UInt32, phase: Int = 0, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer
    ) {
        let shift = UInt32(truncatingIfNeeded: phase & 3) &* 8
        let rotated = shift == 0 ? key : key << shift | key >> (32 - shift)
        let word = UInt32(bigEndian: rotated)
        let doubleWord = UInt64(word) << 32 | UInt64(word)

        let count = source.count
        var offset = 0
        while offset &+ 8 <= count {
            let plain = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self) ^ doubleWord
            target.storeBytes(of: plain, toByteOffset: offset, as: UInt64.self)
            offset &+= 8
        }
        if offset &+ 4 <= count {
            let plain = source.loadUnaligned(fromByteOffset: offset, as: UInt32.self) ^ word
            target.storeBytes(of: plain, toByteOffset: offset, as: UInt32.self)
            offset &+= 4
        }
        var tail = rotated
        while offset < count {
            target.storeBytes(of: source[offset] ^ UInt8(tail >> 24), toByteOffset: offset, as: UInt8.self)
            tail <<= 8
            offset &+= 1
        }
    }
}
