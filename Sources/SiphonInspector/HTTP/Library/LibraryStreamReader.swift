import CMicroHTTPD

/// Reads a stream for libmicrohttpd, which holds it as long as it holds the response.
final class LibraryStreamReader: Sendable {
    private static let blockBytes = 16_384

    private let stream: ResponseStream
    private let connection: LibraryConnection

    init(stream: ResponseStream, connection: LibraryConnection) {
        self.stream = stream
        self.connection = connection
    }

    /// A response whose body is the stream.
    var response: OpaquePointer? {
        siphon_mhd_stream(Self.blockBytes, Self.read, Unmanaged.passRetained(self).toOpaque(), Self.release)
    }

    private static let read: MHD_ContentReaderCallback = { context, _, buffer, limit in
        guard let context, let buffer else { return -2 }
        let reader = Unmanaged<LibraryStreamReader>.fromOpaque(context).takeUnretainedValue()
        let target = UnsafeMutableRawBufferPointer(start: buffer, count: limit)
        switch reader.stream.read(into: target, sleep: reader.connection.sleep) {
        case .bytes(let count): return count
        case .asleep: return 0
        case .end: return -1  // MHD_CONTENT_READER_END_OF_STREAM
        case .cut: return -2  // MHD_CONTENT_READER_END_WITH_ERROR
        }
    }

    private static let release: MHD_ContentReaderFreeCallback = { context in
        guard let context else { return }
        Unmanaged<LibraryStreamReader>.fromOpaque(context).release()
    }
}
