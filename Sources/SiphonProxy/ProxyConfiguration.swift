package import EngineIOCore
package import SiphonCore

/// What the proxy is told at its start.
package struct ProxyConfiguration: Sendable {
    /// How the upstream hop travels.
    package enum UpstreamTransport: Sendable {
        /// As the client's hop does, through its upgrade.
        case mirror
        case always(EngineTransport)
    }

    package var upstream: UpstreamURL
    package var listenHost = "127.0.0.1"
    /// 0 lets the kernel choose.
    package var listenPort = 4000
    package var upstreamTransport = UpstreamTransport.mirror
    /// The Socket.IO path, with a slash at both ends.
    package var path = "/socket.io/"
    /// Ends a connection at a packet that cannot be decoded, in place of passing it: one whose envelope (kind, number
    /// of attachments) is none, or whose attachments do not follow. Arguments are not parsed: broken JSON in them
    /// passes.
    package var isStrict = false
    /// Sends the client's `Host` upstream, in place of the upstream's own.
    package var preservesHost = false
    /// Adds `X-Forwarded-For`, `-Proto` and `-Host`.
    package var addsForwarded = false
    /// Event loops; 1 to 64.
    package var threads = 1
    package var limits = Limits()

    package init(upstream: UpstreamURL) { self.upstream = upstream }
}
