#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Masking keys from the system's strong source of entropy (RFC 6455, section 5.3), which is asked once for a thousand
/// of them. Not to be copied: the copy would give the same keys.
package struct MaskKeySource: Sendable {
    private static let keysDrawn = 1024
    /// Most bytes that `getentropy` gives at once.
    private static let entropyBytesLimit = 256

    private var keys: [UInt32] = []

    package init() {}

    package mutating func next() -> UInt32 {
        if let key = keys.popLast() { return key }
        draw()
        return keys.popLast() ?? UInt32.random(in: .min ... .max)
    }

    /// Leaves `keys` empty if the system refuses.
    private mutating func draw() {
        let keyBytes = MemoryLayout<UInt32>.size
        keys = [UInt32](unsafeUninitializedCapacity: Self.keysDrawn) { storage, count in
            let bytes = UnsafeMutableRawBufferPointer(storage)
            var filled = 0
            while filled < bytes.count {
                let part = UnsafeMutableRawBufferPointer(
                    rebasing: bytes[filled..<min(filled + Self.entropyBytesLimit, bytes.count)])
                guard let start = part.baseAddress, getentropy(start, part.count) == 0 else { break }
                filled += part.count
            }
            count = filled / keyBytes
        }
    }
}
