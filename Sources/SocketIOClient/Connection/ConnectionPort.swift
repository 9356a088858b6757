import NIOCore

/// The way to the connection from any thread.
struct ConnectionPort: Sendable {
    let eventLoop: any EventLoop
    let state: ClientState
    private let connection: NIOLoopBoundBox<ClientConnection?>

    init(eventLoop: any EventLoop, state: ClientState) {
        self.eventLoop = eventLoop
        self.state = state
        connection = .makeEmptyBox(eventLoop: eventLoop)
    }

    /// Sets the connection; all else comes behind it.
    func open(_ make: @escaping @Sendable () -> ClientConnection) {
        eventLoop.execute { [connection] in connection.value = make() }
    }

    /// Lets the connection go, which by way of its handlers holds this port. Nobody asks for anything any more.
    func close() {
        eventLoop.execute { [connection] in connection.value = nil }
    }

    /// Runs on the event loop, behind what was asked for before.
    func onLoop(_ body: @escaping @Sendable (ClientConnection) -> Void) {
        eventLoop.execute { [connection] in
            if let connection = connection.value { body(connection) }
        }
    }

    /// Hands an emission over; waits while there is no room for it.
    func send(_ emission: Emission) async throws {
        while try !accept(emission) {
            try await state.waitForRoom(until: emission.ackRequest?.deadline, on: eventLoop)
        }
    }

    /// Hands an emission over, or throws `sendBufferFull`.
    func sendNow(_ emission: Emission) throws(SocketIOClientError) {
        guard try accept(emission) else { throw state.sendBufferFull }
    }

    /// Whether there was room.
    private func accept(_ emission: Emission) throws(SocketIOClientError) -> Bool {
        switch try state.accept(emission) {
        case .full: return false
        case .accepted: return true
        case .dropped:
            emission.ackRequest?.answer(.failure(.volatileDropped))
            return true
        case .first:
            onLoop { $0.takeOutbox() }
            return true
        }
    }
}
