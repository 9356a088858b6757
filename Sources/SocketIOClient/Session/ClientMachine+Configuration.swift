import NIOCore
import SocketIOCore

extension ClientMachine {
    /// What a client is told once.
    struct Configuration: Sendable {
        var reconnects = true
        /// 0 for as many as it takes.
        var reconnectionAttempts = 0
        var backoff = Backoff(first: .seconds(1), max: .seconds(5), randomizationFactor: 0.5)
        /// How often an event is sent again that was not acknowledged in time.
        var retries = 0
        /// How long such an event waits for its ack each time.
        var retryTimeout = TimeAmount.seconds(10)
        /// Whether events wait that are emitted while there is no connection.
        var buffersOffline = false
        var limits = ClientLimits()
        /// 0 to 1.
        var random: @Sendable () -> Double = { .random(in: 0...1) }
    }

    /// What one `connect` asks for.
    struct Plan: Sendable {
        var namespaces = ["/"]
        /// Whether the connection only counts once all namespaces are joined.
        var waits = true
        /// How long the server may be silent until then.
        var waitTimeout = TimeAmount.seconds(1)
        /// Whether a first attempt that fails is followed by others.
        var retries = false
    }

    /// What the shell has to do, one after the other.
    enum Action {
        /// Ask for URL, headers and auth, and open a session.
        case open
        case send(SocketPacket)
        /// Close the session; the shell reports its end.
        case close
        case deliver(Delivery)
        case answer(AckRequest, AckRequest.Answer)
        /// What became of `connect`.
        case connected(Result<Void, SocketIOClientError>)
        /// There is no connection, and none will come by itself.
        case finished
        /// Nothing comes of any namespace any more.
        case endEvents
    }
}
