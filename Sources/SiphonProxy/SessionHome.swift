import NIOCore

/// Where a session lives, for the event loops on which requests of it come in.
struct SessionHome: Sendable {
    let eventLoop: any EventLoop
    /// Largest polling body, in bytes.
    let messageBytesLimit: Int
}
