package import NIOCore

extension ServingSession {
    /// What a serving session is told once: its handshake and its limits.
    package struct Configuration: Sendable {
        package var handshake: EngineHandshake
        /// Most packets in one polling answer: python-engineio drops a payload of 17 or more.
        package var packetsPerPayloadSent = 16
        /// Most packets in one POST. Past it the session ends.
        package var packetsPerPayloadReceived = 10_000
        /// Bytes that may wait for a poll or an upgrade, with an overhead for each packet. Where more wait already, the
        /// next message ends the session: one message may be larger than this.
        package var queuedBytesLimit = 16 << 20
        /// Most bytes of one polling answer; a single packet may be larger.
        package var payloadBytesLimit = 1_000_000
        /// From the opening of a WebSocket to the `5` that completes the upgrade. Past it that WebSocket is closed.
        package var upgradeTimeout = TimeAmount.seconds(10)
        /// How long after a local close the next poll is still told of it.
        package var closeWait = TimeAmount.seconds(30)
        /// Whether a WebSocket may join a polling session. If not, the open packet offers no upgrade, and a WebSocket
        /// that comes all the same is closed at once.
        package var allowsUpgrade = true

        package init(handshake: EngineHandshake) { self.handshake = handshake }
    }
}
