package import NIOCore
import EngineIOTransport
import NIOPosix
import SiphonCore

/// The demo's chat on a port of this machine: its page, and its Socket.IO server on Siphon's own serving machines.
package final class DemoServer: Sendable {
    package let host = "127.0.0.1"
    /// The one that the kernel chose.
    package let port: Int

    private let listener: any Channel
    private let app: NIOLoopBound<DemoApp>

    /// Starts to listen. Everything runs on `eventLoop`.
    package init(on eventLoop: any EventLoop) async throws {
        let app = try await eventLoop.submit { NIOLoopBound(DemoApp(eventLoop: eventLoop), eventLoop: eventLoop) }.get()
        self.app = app
        listener = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause())
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.writeBufferWaterMark, value: TransportLoop.waterMark)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addClientHandlers(router: app.value)
                }
            }
            .bind(host: host, port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    /// What the page says of where it can be watched.
    package func tell(inspector: String) async {
        try? await app.eventLoop.submit { [app] in app.value.tell(inspector: inspector) }.get()
    }

    package func stop() async {
        try? await listener.close()
        try? await app.eventLoop.submit { [app] in app.value.stop() }.get()
    }
}
