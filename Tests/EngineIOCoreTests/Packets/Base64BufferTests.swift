import Base64Coding
import NIOCore
import Testing

@testable import EngineIOCore

@Suite("Base64 of buffers")
struct Base64BufferTests {
    @Test("reads what it writes, padded or not, and says how long that is", arguments: 0...66)
    func roundTrip(count: Int) {
        let bytes = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) })
        var text = ByteBuffer(string: "before")
        Base64.encode(bytes, into: &text)
        text.moveReaderIndex(forwardBy: 6)
        #expect(text.readableBytes == Base64.encodedSize(count))
        #expect(text.readableBytes % 4 == 0)
        #expect(Base64.decode(text) == bytes)
        let bare = ByteBuffer(bytes: text.readableBytesView.filter { $0 != UInt8(ascii: "=") })
        #expect(Base64.decode(bare) == bytes)
    }

    @Test("takes no byte outside the alphabet, wherever it stands", arguments: 0..<8)
    func alphabet(position: Int) {
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for byte in UInt8.min...UInt8.max {
            var text = [UInt8](repeating: UInt8(ascii: "A"), count: 8)
            text[position] = byte
            let isPadding = position == 7 && byte == UInt8(ascii: "=")
            #expect((Base64.decode(ByteBuffer(bytes: text)) != nil) == (allowed.contains(byte) || isPadding))
        }
    }
}
