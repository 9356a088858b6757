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

/// Memory of chunks that are no longer used, for the next ones.
final class ChunkPool: Sendable {
    /// `@unchecked Sendable`: nobody but the holder knows the address.
    private struct Memory: @unchecked Sendable {
        let start: UnsafeMutableRawPointer
    }

    let chunkBytes: Int
    /// Guards the ack links of all chunks.
    let links = NIOLock()
    private let limit: Int
    private let free = NIOLockedValueBox<[Memory]>([])

    init(chunkBytes: Int, limit: Int) {
        self.chunkBytes = chunkBytes
        self.limit = limit
    }

    deinit {
        free.withLockedValue { free in
            for memory in free { memory.start.deallocate() }
        }
    }

    func take() -> UnsafeMutableRawPointer {
        free.withLockedValue { $0.popLast() }?.start ?? .allocate(byteCount: chunkBytes, alignment: 16)
    }

    func giveBack(_ memory: UnsafeMutableRawPointer) {
        let isKept = free.withLockedValue { free in
            guard free.count < limit else { return false }
            free.append(Memory(start: memory))
            return true
        }
        if !isKept { memory.deallocate() }
    }
}
