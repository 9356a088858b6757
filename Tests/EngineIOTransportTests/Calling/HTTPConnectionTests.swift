import NIOCore
import NIOHTTP1
import NIOPosix
import SiphonCore
import Testing

@testable import EngineIOTransport

#if canImport(Glibc)
    import Glibc
#endif

@Suite("HTTPConnection", .timeLimit(.minutes(5)))
struct HTTPConnectionTests {
    #if os(Linux)
        @Test("tells what a server that reads nothing has not taken, and not what the system's buffers hide")
        func unsentBytes() async throws {
            // Takes little, in pieces as they come over a network.
            let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.socketOption(.so_rcvbuf), value: 32 << 10)
                .serverChannelOption(.tcpOption(.init(rawValue: TCP_MAXSEG)), value: 1448)
                .childChannelOption(.autoRead, value: false)
                .bind(host: "127.0.0.1", port: 0).get()
            let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
            var limits = Limits()
            limits.upstreamPost = .seconds(60)
            let dialer = Dialer(host: "127.0.0.1", port: server.localAddress?.port ?? 0, timeout: .seconds(60))
            let size = 1 << 20
            let connection = try await eventLoop.submit { [limits] in
                let connection = HTTPConnection(eventLoop: eventLoop, dialer: dialer, limits: limits)
                let head = HTTPRequestHead(
                    version: .http1_1, method: .POST, uri: "/", headers: ["Content-Length": "\(size)"])
                connection.send(head, body: ByteBuffer(repeating: 0x78, count: size), answerBytesLimit: 100) { _ in }
                return NIOLoopBound(connection, eventLoop: eventLoop)
            }.get()
            let unsent = { @Sendable in
                try await eventLoop.submit { connection.value.handler?.unsentBytes ?? 0 }.get()
            }
            while try await unsent() == 0 { try await Task.sleep(for: .milliseconds(5)) }
            try await Task.sleep(for: .milliseconds(200))
            #expect(try await unsent() > size / 4 * 3)
            try await eventLoop.submit { connection.value.close() }.get()
            try await server.close()
        }
    #endif
}
