import NIOConcurrencyHelpers
import NIOCore

/// Memory that holds records one after the other.
///
/// `@unchecked Sendable`: one recorder writes it front to back; what it has handed over under the capture's lock is
/// never written again, but for the ack links, which are read and written under `links` only.
final class RecordChunk: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer
    let start: UnsafeMutableRawPointer
    /// The payloads of a record that is alone in its chunk and keeps them by reference: text, attachments, the
    /// original's text and attachments.
    let parts: [ByteBuffer]
    let links: NIOLock
    private let pool: ChunkPool?

    /// A chunk of the pool's size, made of used memory where there is some.
    init(from pool: ChunkPool) {
        start = pool.take()
        memory = UnsafeMutableRawBufferPointer(start: start, count: pool.chunkBytes)
        parts = []
        links = pool.links
        self.pool = pool
    }

    /// A chunk for one record.
    init(byteCount: Int, parts: [ByteBuffer] = [], links: NIOLock) {
        start = .allocate(byteCount: byteCount, alignment: 16)
        memory = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
        self.parts = parts
        self.links = links
        pool = nil
    }

    deinit {
        if let pool { pool.giveBack(start) } else { start.deallocate() }
    }
}
