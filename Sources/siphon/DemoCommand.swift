import NIOCore
import NIOPosix
import SiphonDemo
import SiphonInspector
import SiphonProxy

/// `siphon demo`: a chat to look at, three bots that talk in it through the proxy, and the proxy.
struct DemoCommand {
    private let options: ProxyOptions

    init(_ options: ProxyOptions) { self.options = options }

    func run() async throws(CommandError) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let failure = await Self.failure { () async throws(CommandError) in try await run(on: group.any()) }
        try? await group.shutdownGracefully()
        if let failure { throw failure }
    }

    private func run(on eventLoop: any EventLoop) async throws(CommandError) {
        let server: DemoServer
        do { server = try await DemoServer(on: eventLoop) } catch {
            throw .failure("cannot start the demo's server: \(error)")
        }
        var options = options
        options.proxy.upstream = UpstreamURL(host: server.host, port: server.port)
        let bots = BotBox()
        let failure = await Self.failure { () async throws(CommandError) in
            try await ProxyCommand(options).run { proxy, inspector in
                if let page = inspector?.pageURL { await server.tell(inspector: page) }
                let host = Self.reachable(proxy.host)
                let page = "http://\(ProxyCommand.authority(host, proxy.port))/"
                do {
                    bots.bots = try await DemoBots(on: eventLoop, host: host, port: proxy.port)
                    Terminal.printError("demo: three bots are talking; open \(page) to join them")
                } catch {
                    Terminal.printError("demo: the bots could not start (\(error)); the chat is at \(page)")
                }
            }
        }
        await bots.bots?.stop()
        await server.stop()
        if let failure { throw failure }
    }

    private final class BotBox {
        var bots: DemoBots?
    }

    /// Where a client of this machine finds a listener.
    private static func reachable(_ host: String) -> String {
        switch host {
        case "0.0.0.0": "127.0.0.1"
        case "::": "::1"
        default: host
        }
    }

    /// What `body` failed with, so that things can be taken down before it is told.
    private static func failure(_ body: () async throws(CommandError) -> Void) async -> CommandError? {
        do throws(CommandError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
