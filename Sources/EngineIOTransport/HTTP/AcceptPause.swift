package import NIOCore

/// Stops accepting for a second where no file descriptor is left for what came.
///
/// NIO's own handler holds the next `read` back, but after this error the channel's last one counts as under way still:
/// it stays registered, and its loop spins.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    static let duration = TimeAmount.seconds(1)

    private let onShortage: @Sendable () -> Void
    private var resumption: Scheduled<Void>?

    package init(onShortage: @escaping @Sendable () -> Void = {}) { self.onShortage = onShortage }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error.isDescriptorShortage {
            onShortage()
            pause(context.channel)
        }
        context.fireErrorCaught(error)
    }

    private func pause(_ channel: any Channel) {
        guard resumption == nil else { return }
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
        resumption = channel.eventLoop.scheduleTask(in: Self.duration) {
            let (pause, channel) = bound.value
            pause.resumption = nil
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        resumption?.cancel()
        context.fireChannelInactive()
    }
}
