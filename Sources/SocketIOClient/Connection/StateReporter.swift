/// Tells `ClientState` what a connection has come to, where that has changed. On the connection's event loop.
struct StateReporter {
    private let state: ClientState
    /// Of the machine when it was last told of.
    private var version = -1
    private var waitingBytes = 0
    private var pendingAcks = 0
    private var isCongested = false

    init(_ state: ClientState) { self.state = state }

    /// The next report is a whole one.
    mutating func invalidate() { version = -1 }

    /// Something was taken from the outbox that `ClientState` counts until it hears what waits now.
    mutating func invalidateCounts() {
        waitingBytes = -1
        pendingAcks = -1
    }

    /// Returns whether more has changed than what waits.
    mutating func report(_ machine: borrowing ClientMachine, _ transport: Transport) -> Bool {
        guard version != machine.version else {
            reportCounts(machine)
            return false
        }
        version = machine.version
        var snapshot = ClientState.Snapshot()
        for (name, session) in machine.namespaces {
            guard machine.isOpen, let sid = session.sid else { continue }
            snapshot.sids[name] = sid
            if session.isRecovered { snapshot.recovered.insert(name) }
        }
        snapshot.isOpen = machine.isOpen
        snapshot.isIdle = machine.isIdle
        snapshot.planned = machine.isIdle ? [] : machine.plan.namespaces
        snapshot.left = machine.isOpen ? Set(machine.namespaces.filter { $0.value.isOver }.keys) : []
        snapshot.isReconnecting = machine.isReconnecting
        snapshot.transport = machine.isOpen ? transport : nil
        snapshot.waitingBytes = machine.waitingBytes
        snapshot.pendingAcks = machine.pendingAcks
        waitingBytes = snapshot.waitingBytes
        pendingAcks = snapshot.pendingAcks
        state.update(snapshot)
        return true
    }

    private mutating func reportCounts(_ machine: borrowing ClientMachine) {
        guard machine.waitingBytes != waitingBytes || machine.pendingAcks != pendingAcks else { return }
        waitingBytes = machine.waitingBytes
        pendingAcks = machine.pendingAcks
        state.update(waitingBytes: waitingBytes, pendingAcks: pendingAcks)
    }

    /// Returns whether that has changed.
    mutating func report(isCongested: Bool) -> Bool {
        guard isCongested != self.isCongested else { return false }
        self.isCongested = isCongested
        state.update(isCongested: isCongested)
        return true
    }
}
