import EngineIOCore
import NIOConcurrencyHelpers
import SiphonCore

/// A proxy that writes down what it is asked and answers what a test put in.
final class TestControl: ProxyControl {
    struct State {
        var connections: [ConnectionSnapshot] = []
        var injections: [(Injection, ConnectionID)] = []
        var disconnects: [(ConnectionID, DisconnectMethod)] = []
        var flushes = 0
        var result: Result<InjectionResult, ControlError> = .success(InjectionResult(event: EventID(99)))
        var disconnectError: ControlError?
    }

    let state = NIOLockedValueBox(State())
    /// Holds back injections until it is opened; open from the start.
    let gate: Gate?

    init(gate: Gate? = nil) { self.gate = gate }

    func status() async -> ProxyStatus {
        ProxyStatus(upstreamURL: "http://localhost:3000", upstreamReachable: nil, connections: 2, httpRequests: 5)
    }

    func connections() async -> [ConnectionSnapshot] { state.withLockedValue { $0.connections } }

    func connection(_ id: ConnectionID) async -> ConnectionSnapshot? {
        state.withLockedValue { $0.connections.first { $0.id == id } }
    }

    func inject(
        _ injection: Injection, into id: ConnectionID
    ) async -> Result<InjectionResult, ControlError> {
        await gate?.wait()
        return state.withLockedValue { state in
            state.injections.append((injection, id))
            return state.result
        }
    }

    func disconnect(_ id: ConnectionID, how: DisconnectMethod) async -> Result<Void, ControlError> {
        state.withLockedValue { state in
            state.disconnects.append((id, how))
            return state.disconnectError.map { .failure($0) } ?? .success(())
        }
    }

    func flushCapture() async { state.withLockedValue { $0.flushes += 1 } }
}

extension ConnectionSnapshot {
    static func sample(_ number: UInt64, namespaces: [String] = ["/"], closedAt: Int64? = nil) -> ConnectionSnapshot {
        ConnectionSnapshot(
            id: ConnectionID(number), protocolName: .socketIO, openedAt: 1_000_000_001, closedAt: closedAt,
            closeReason: closedAt.map { _ in "transport close" }, clientAddress: "127.0.0.1:5000",
            clientTransport: .webSocket, upstreamTransport: .polling, engineVersion: 4, userAgent: "test",
            upstreamSID: "abc", namespaces: namespaces.map { .init(name: $0, sid: "s\(number)") }, eventsFromClient: 3,
            eventsFromUpstream: 4, handshakeHeaders: [("Cookie", "a=b")], handshakeTarget: "/socket.io/?EIO=4")
    }
}
