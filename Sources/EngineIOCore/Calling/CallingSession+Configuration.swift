package import NIOCore

extension CallingSession {
    /// What a calling session is told once: its first transport and its limits.
    package struct Configuration: Sendable {
        package var transport: EngineTransport
        /// Most packets in one POST: python-engineio drops a payload of 17 or more.
        package var packetsPerPayloadSent = 16
        /// Most packets in one polling answer. Past it the session ends.
        package var packetsPerPayloadReceived = 10_000
        /// Bytes that may wait for a POST or an upgrade, with an overhead for each packet. Where more wait already, the
        /// next message ends the session: one message may be larger than this.
        package var queuedBytesLimit = 16 << 20
        /// Most bytes of one POST, if the server's `maxPayload` is not smaller; a single packet may be larger.
        package var payloadBytesLimit = 1_000_000
        /// From the start to the open packet.
        package var openTimeout = TimeAmount.seconds(20)
        /// From `beginUpgrade` to the `5` that completes it. Past it the session stays on polling.
        package var probeTimeout = TimeAmount.seconds(10)
        /// From a POST, or from when it was last seen that the server has taken more of it, to its answer; nil for as
        /// long as the server's heartbeats come. Past it the session ends.
        package var postTimeout: TimeAmount?
        /// From each of the last POSTs of a closing session to its answer, where `postTimeout` is nil.
        package var closeWait = TimeAmount.seconds(10)
        /// From `close` to the end, however many POSTs there are, where `postTimeout` is shorter and not nil.
        package var closeLimit = TimeAmount.seconds(60)

        package init(transport: EngineTransport) { self.transport = transport }
    }
}
