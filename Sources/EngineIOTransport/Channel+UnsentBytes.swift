package import NIOCore

extension Channel {
    /// Bytes that were written and that the peer has not taken yet. Only on the channel's event loop.
    package var unsentBytes: Int { (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }
}
