package import SocketIOCore

/// What was recorded: a kind of Socket.IO packet, or something that happened to a connection. The raw value is stored
/// in captures: never renumber.
package enum EventKind: UInt8, Hashable, Sendable, CaseIterable {
    case event = 0
    case ack = 1
    case connect = 2
    case connectError = 3
    case disconnect = 4
    /// A message that could not be decoded and was forwarded as it came.
    case opaque = 5
    case open = 6
    case close = 7
    case upgrade = 8
    case ping = 9
    case pong = 10
    case handshake = 11

    /// The word in filters and the API.
    package var word: String {
        switch self {
        case .event: "event"
        case .ack: "ack"
        case .connect: "connect"
        case .connectError: "connect_error"
        case .disconnect: "disconnect"
        case .opaque: "opaque"
        case .open: "open"
        case .close: "close"
        case .upgrade: "upgrade"
        case .ping: "ping"
        case .pong: "pong"
        case .handshake: "handshake"
        }
    }

    package init?(word: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = kind
    }

    package init(_ kind: PacketEnvelope.Kind) {
        switch kind {
        case .event, .binaryEvent: self = .event
        case .ack, .binaryAck: self = .ack
        case .connect: self = .connect
        case .connectError: self = .connectError
        case .disconnect: self = .disconnect
        }
    }
}
