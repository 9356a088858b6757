import EngineIOCore
import SiphonCore
import Testing

@testable import SiphonProxy

@Suite("ClosedConnections")
struct ClosedConnectionsTests {
    private func snapshot(_ number: UInt64, headerBytes: Int = 0) -> ConnectionSnapshot {
        ConnectionSnapshot(
            id: ConnectionID(number), protocolName: .webSocket, openedAt: 0, closedAt: 1, closeReason: "closed",
            clientAddress: "127.0.0.1", clientTransport: .webSocket, upstreamTransport: .webSocket, engineVersion: nil,
            userAgent: nil, handshakeHeaders: [("a", String(repeating: "x", count: headerBytes))], handshakeTarget: "/")
    }

    @Test("keeps as many as allowed, the oldest out first")
    func count() {
        var closed = ClosedConnections(countLimit: 2, bytesLimit: 1 << 20)
        for number in 1...3 { closed.append(snapshot(UInt64(number))) }
        #expect(closed.snapshots.map(\.id) == [ConnectionID(2), ConnectionID(3)])
        #expect(closed[ConnectionID(1)] == nil && closed[ConnectionID(3)] != nil)
    }

    @Test("keeps as many bytes as allowed, whatever the headers weigh")
    func bytes() {
        var closed = ClosedConnections(countLimit: 1000, bytesLimit: 200_000)
        for number in 1...10 { closed.append(snapshot(UInt64(number), headerBytes: 60_000)) }
        #expect(closed.snapshots.map(\.id) == [ConnectionID(8), ConnectionID(9), ConnectionID(10)])
        closed.append(snapshot(11, headerBytes: 300_000))
        #expect(closed.snapshots.isEmpty)
    }
}
