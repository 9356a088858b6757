import NIOCore
import EngineIOTransport
import Testing

@Suite("OwnListeners")
struct OwnListenersTests {
    private func contains(_ host: String, _ port: Int, listener: String = "127.0.0.1") throws -> Bool {
        let own = OwnListeners([try SocketAddress(ipAddress: listener, port: 4000)])
        return own.contains(try SocketAddress(ipAddress: host, port: port))
    }

    @Test(
        "knows itself in every spelling of loopback",
        arguments: ["127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1", "::ffff:0.0.0.0"])
    func loopback(host: String) throws {
        #expect(try contains(host, 4000))
        #expect(try !contains(host, 4001))
    }

    @Test("takes another address of this machine for itself only where it listens on all")
    func wildcard() throws {
        #expect(try !contains("192.0.2.7", 4000))
        #expect(try !contains("192.0.2.7", 4000, listener: "0.0.0.0"), "not of this machine")
        #expect(try contains("127.0.0.1", 4000, listener: "::"))
        #expect(try contains("192.0.2.7", 4000, listener: "192.0.2.7"))
    }
}
