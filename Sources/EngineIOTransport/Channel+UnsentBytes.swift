package import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

extension Channel {
    /// Bytes that were written and that the system has not taken yet. Only on the channel's event loop.
    package var unsentBytes: Int { (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    /// Lets the system take little more than what is under way to the peer, so that `unsentBytes` shows how far the
    /// peer has come: else its buffers hide that for up to some megabytes. Only on the channel's event loop.
    ///
    /// On Linux alone: elsewhere the option delays writing, and holds less back.
    package func keepUnsentBytes() {
        #if os(Linux)
            try? syncOptions?.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: 16 << 10)
        #endif
    }
}
