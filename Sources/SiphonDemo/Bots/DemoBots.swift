package import NIOCore
import EngineIOCore
import EngineIOTransport
import SiphonCore

/// The three bots, each with a connection of its own to the proxy and each by another transport: what they say is what
/// the inspector shows before anybody has typed a word.
package final class DemoBots: Sendable {
    private let clients: NIOLoopBound<[BotClient]>

    /// Connects to `host` and `port`, and again whenever a connection ends.
    package init(on eventLoop: any EventLoop, host: String, port: Int) async throws {
        clients = try await eventLoop.submit {
            let loop = TransportLoop(eventLoop: eventLoop, limits: Limits())
            let dialer = Dialer(host: host, port: port, timeout: loop.limits.upstreamHandshake)
            let authority = host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            let start = loop.clock.now().monotonic
            let clients = DemoCharacter.allCases.map { character in
                BotClient(character, authority: authority, loop: loop, dialer: dialer, start: start)
            }
            for client in clients { client.connect() }
            return NIOLoopBound(clients, eventLoop: eventLoop)
        }.get()
    }

    package func stop() async {
        try? await clients.eventLoop.submit { [clients] in
            for client in clients.value { client.stop() }
        }.get()
    }
}
