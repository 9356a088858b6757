import Testing

@testable import WebSocketCodec

@Suite("WebSocketMask")
struct WebSocketMaskTests {
    @Test(
        "masks each length at each alignment and phase as section 5.3 says",
        arguments: [0, 0xFFFF_FFFF, 0x37FA_213D, 0x0000_0001, 0x8000_0000] as [UInt32])
    func masks(key: UInt32) {
        let keyBytes = [UInt8(key >> 24), UInt8(key >> 16 & 0xFF), UInt8(key >> 8 & 0xFF), UInt8(key & 0xFF)]
        for length in 0...70 {
            let plain = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
            for (alignment, phase) in (0..<8).flatMap({ alignment in (0..<4).map { (alignment, $0) } }) {
                let expected = plain.indices.map { plain[$0] ^ keyBytes[($0 + phase) % 4] }
                let actual = apply(key, phase: phase, to: plain, alignment: alignment)
                if actual != expected { Issue.record("\(length) bytes, alignment \(alignment), phase \(phase)") }
            }
        }
    }

    /// Source and target lie `alignment` bytes into their storage. Returns nil if a byte beside the target changed.
    private func apply(_ key: UInt32, phase: Int, to plain: [UInt8], alignment: Int) -> [UInt8]? {
        let source = [UInt8](repeating: 0xEE, count: alignment) + plain
        var target = [UInt8](repeating: 0xEE, count: alignment + plain.count + 8)
        source.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target in
                WebSocketMask.apply(
                    key, phase: phase, from: UnsafeRawBufferPointer(rebasing: source[alignment...]),
                    to: target.baseAddress! + alignment)
            }
        }
        let end = alignment + plain.count
        guard (target[..<alignment] + target[end...]).allSatisfy({ $0 == 0xEE }) else { return nil }
        return Array(target[alignment..<end])
    }
}

@Suite("MaskKeySource")
struct MaskKeySourceTests {
    @Test("gives keys past one draw, none of them twice but by chance")
    func givesKeys() {
        var source = MaskKeySource()
        let keys = (0..<5000).map { _ in source.next() }
        #expect(Set(keys).count > 4990)
        // Each bit is set in about half of them; 212 is six standard deviations.
        for bit in 0..<32 { #expect(abs(keys.count { $0 >> bit & 1 == 1 } - 2500) < 212) }
    }
}
