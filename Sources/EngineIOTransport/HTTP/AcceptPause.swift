package import NIOCore
import SiphonCore

/// Stops accepting, a second at a time, where no file descriptor but the reserve is left.
///
/// It looks after each connection, so its channel must accept one at a time (`maxMessagesPerRead`). And where the
/// machine had none, or no memory, for what came: NIO's own handler holds the next `read` back, but after this error
/// the channel's last one counts as under way still: it stays registered, and its loop spins.
package final class AcceptPause: ChannelInboundHandler {
    package typealias InboundIn = any Channel

    static let duration = TimeAmount.seconds(1)

    private let onShortage: @Sendable () -> Void
    private var resumption: Scheduled<Void>?

    package init(onShortage: @escaping @Sendable () -> Void = {}) { self.onShortage = onShortage }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(data)
        if DescriptorReserve.isReached() { pause(context.channel) }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if error.isDescriptorShortage {
            pause(context.channel)
        } else if error.isMemoryShortage {
            rest(context.channel)
        }
        context.fireErrorCaught(error)
    }

    private func pause(_ channel: any Channel) {
        onShortage()
        rest(channel)
    }

    private func rest(_ channel: any Channel) {
        guard resumption == nil else { return }
        try? channel.syncOptions?.setOption(.autoRead, value: false)
        let bound = NIOLoopBound((self, channel), eventLoop: channel.eventLoop)
        resumption = channel.eventLoop.scheduleTask(in: Self.duration) {
            let (pause, channel) = bound.value
            pause.resumption = nil
            guard !DescriptorReserve.isReached() else { return pause.pause(channel) }
            try? channel.syncOptions?.setOption(.autoRead, value: true)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        resumption?.cancel()
        context.fireChannelInactive()
    }
}
