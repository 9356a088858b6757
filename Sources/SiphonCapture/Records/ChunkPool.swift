import NIOConcurrencyHelpers

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
