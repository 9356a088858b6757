import NIOCore

@testable import struct WebSocketCodec.WebSocketReader

extension WebSocketReader {
    /// Whether a fragmented message has begun and its last frame is not in.
    var isMidMessage: Bool { partial != nil }

    /// Bytes held for frames and messages that are not whole yet.
    var bufferedBytes: Int {
        buffer.readableBytes + (partial.map { $0.payload.readableBytes + $0.frames.readableBytes } ?? 0)
    }

    /// Bytes of the storage behind that, and of what is kept for the next read.
    var storageBytes: Int {
        buffer.storageCapacity + plain.storageCapacity
            + (partial.map { $0.payload.storageCapacity + $0.frames.storageCapacity } ?? 0)
    }
}
