import NIOCore
import SocketIOCore

/// What a server says when it refuses a namespace: the payload of its CONNECT_ERROR.
struct Refusal: Equatable, Sendable {
    /// Nil for nothing, and for what cannot be read.
    let data: SocketIOValue?
    private let isReadable: Bool

    init(_ packet: SocketPacket) {
        let payload = packet.payload
        data = try? SocketIOValue.value(payload: payload)
        isReadable = data != nil || payload.readableBytes == 0
    }

    /// What the handlers of `connect_error` get.
    var arguments: [SocketIOValue] {
        guard isReadable else { return ["the server refused, and what it said cannot be read"] }
        return data.map { $0.array ?? [$0] } ?? []
    }
}
