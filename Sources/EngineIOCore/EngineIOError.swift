/// What a peer did that Engine.IO does not allow, and where.
package struct EngineIOError: Error, Hashable, Sendable {
    package enum Code: String, Sendable {
        /// The first character of a packet is none of `0`…`6` and not `b`.
        case unknownPacketType
        /// No character at all: an empty text message, an empty body, or nothing between two separators.
        case emptyPacket
        case badBase64
        case badUTF8
        /// More packets in one polling body than are taken.
        case tooManyPackets
        /// An open packet whose JSON is not a handshake.
        case badHandshake
        /// The first packet of a session is not the open packet.
        case missingHandshake
        /// A second open packet from the server.
        case unexpectedHandshake
        /// A GET while another one of the session is pending.
        case overlappingPoll
        /// A POST while another one of the session is under way.
        case overlappingPost
        /// A ping from a client: in version 4 the server pings.
        case wrongHeartbeatDirection
        /// A POST of `application/octet-stream`, which version 4 does not have.
        case binaryContentType
    }

    package let code: Code
    /// Offset in bytes in the message, body or JSON text; 0 where the fault has no place in it.
    package let offset: Int

    package init(_ code: Code, at offset: Int = 0) {
        self.code = code
        self.offset = offset
    }
}
