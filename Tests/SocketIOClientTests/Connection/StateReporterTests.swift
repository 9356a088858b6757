import NIOCore
import Testing

@testable import SocketIOClient

@Suite("StateReporter")
struct StateReporterTests {
    private let state = ClientState(limits: .init(), buffersOffline: true)
    private let machine = ClientMachine(configuration: .init())

    private func emission(isVolatile: Bool = false) -> Emission {
        Emission(namespace: "/", kind: .event(nil), payload: [], isVolatile: isVolatile)
    }

    @Test("tells what waits anew after something was taken, though the machine has not changed")
    func counts() throws {
        var reporter = StateReporter(state)
        let report1 = reporter.report(machine, .websocket)
        #expect(report1)
        _ = try state.accept(emission())
        #expect(state.next() != nil)
        let report2 = reporter.report(machine, .websocket)
        #expect(!report2)
        #expect(state.snapshot.waitingBytes == Emission.overheadBytes)
        reporter.invalidateCounts()
        let report3 = reporter.report(machine, .websocket)
        #expect(!report3)
        #expect(state.snapshot.waitingBytes == 0)
    }

    @Test("tells the whole state where it has changed, or has to")
    func whole() {
        var reporter = StateReporter(state)
        let report4 = reporter.report(machine, .websocket)
        #expect(report4)
        let report5 = reporter.report(machine, .polling)
        #expect(!report5)
        reporter.invalidate()
        let report6 = reporter.report(machine, .polling)
        #expect(report6)
        #expect(state.snapshot.isIdle && !state.snapshot.isOpen && state.snapshot.transport == nil)
    }

    @Test("tells of congestion where it has changed")
    func congestion() throws {
        var reporter = StateReporter(state)
        var snapshot = ClientState.Snapshot()
        snapshot.sids = ["/": "s"]
        state.update(snapshot)
        let report7 = reporter.report(isCongested: false)
        #expect(!report7)
        let report8 = reporter.report(isCongested: true)
        #expect(report8)
        let report9 = reporter.report(isCongested: true)
        #expect(!report9)
        #expect(try state.accept(emission(isVolatile: true)) == .dropped)
        let report10 = reporter.report(isCongested: false)
        #expect(report10)
        #expect(try state.accept(emission(isVolatile: true)) == .first)
    }
}
