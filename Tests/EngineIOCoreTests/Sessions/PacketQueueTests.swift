import EngineIOCore
import NIOCore
import Testing

@testable import struct EngineIOCore.PacketQueue

@Suite("PacketQueue")
struct PacketQueueTests {
    @Test("keeps a message and not the frames and the read that it came in", arguments: [1, 100, 60_000])
    func memory(size: Int) throws {
        let read = ByteBuffer(repeating: 1, count: 65_536)
        let bytes = try #require(read.getSlice(at: 5, length: size))
        var queue = PacketQueue()
        queue.append(.message(EngineMessage(.text, bytes, frames: read)))
        guard case .message(let message) = queue.popFirst() else {
            Issue.record("no message")
            return
        }
        #expect(message.bytes == bytes)
        #expect(message.frames == nil)
        #expect(message.bytes.storageCapacity <= 4 * (size + PacketQueue.packetOverheadBytes))
    }
}
