import SiphonCore
import SocketIOClient

/// Something that happened to a connection and that its user wants to know.
struct Occurrence: Sendable {
    enum Kind: Sendable {
        case connect(sid: String, transport: Transport?, isRecovered: Bool)
        case disconnect(DisconnectReason, details: String, isReconnecting: Bool)
        case connectError([SocketIOValue], isReconnecting: Bool)
        /// Of the server.
        case event(name: String, arguments: [SocketIOValue], wantsAck: Bool)
        /// Of this side. The call's number, where it asks for an ack.
        case emitted(name: String, arguments: [SocketIOValue], call: CallID?)
        case ack(name: String, arguments: [SocketIOValue], call: CallID, milliseconds: Double)
        /// An event that could not be sent, an ack that did not come, or input that cannot be read.
        case failure(name: String?, call: CallID?, SocketIOClientError)
    }

    /// Nanoseconds since 1970, UTC.
    let time: Int64
    /// Nil where it is of none.
    let namespace: String?
    let kind: Kind

    /// - Parameter time: by default now.
    init(namespace: String?, kind: Kind, time: Int64 = Timestamp.now()) {
        self.namespace = namespace
        self.kind = kind
        self.time = time
    }
}

/// Names an event whose ack is waited for: a number, or what the program at the other end of the pipe calls it.
struct CallID: Equatable, Sendable {
    let value: SocketIOValue

    init(_ value: SocketIOValue) { self.value = value }
}
