/// Every bound that a peer can push against, with what happens there. One value for the whole process.
package struct Limits: Sendable {
    /// Largest message on a WebSocket and largest polling body, in bytes, on either hop. Past it: close 1009, or 413.
    /// Towards the client the upstream's own `maxPayload` counts where it is smaller.
    /// 100 MB is what Socket.IO 2 servers took by default, the largest default of any version.
    package var messageBytes = 100_000_000

    /// Largest body of the upstream's answer to a handshake or a POST, in bytes. Past it: 502, or the session ends.
    /// Open packets and refusals are small.
    package var handshakeBytes = 1 << 20

    /// Frames of one fragmented message. Past it: close 1009. (A flood of one-byte fragments: CVE-2026-48779 of ws.)
    package var fragmentsPerMessage = 100_000

    /// Packets in one polling body that is received. Past it the session ends. Peers send far fewer.
    package var packetsPerPayloadReceived = 10_000

    /// Packets in one polling body that is sent: python-engineio drops a payload of 17 or more.
    package var packetsPerPayloadSent = 16

    /// Attachments of one packet. Past it the packet passes undecoded, as `opaque`.
    package var attachmentsPerPacket = 1000

    /// Bytes that may wait to be sent to one side of a connection, or that rules keep back on the way there, with
    /// `waitingEventBytes` more for each event. Where more wait, the connection ends on both hops: by
    /// polling with the next message, on a WebSocket once the other side had to be read all the same for its
    /// heartbeats. A single message may be larger. (The other side is held back much earlier, from 512 KiB on.)
    package var queuedBytes = 16 << 20

    package static let waitingEventBytes = 512

    /// From so many of them on the side that they came from is not read.
    package static let congestionBytes = 512 << 10

    /// How long the attachments of a packet may take from its text to the last of them. Past it what came passes
    /// undecoded, as `opaque`. Peers send the messages of a packet one right after the other.
    package var attachments = Duration.seconds(60)

    /// Namespaces of one connection that are followed. Past it they pass, but injections into them are refused; so it
    /// is with a name of more than 1024 bytes.
    package var namespacesPerConnection = 1000

    /// Injected events of one connection that await an ack. Past it further ones are refused.
    package var pendingInjections = 1000

    /// How many emissions of rules may lead to one another, how many one event of a peer may cause in all, and how many
    /// of a connection may wait for their time; of the latter two also `queuedBytes`. Past any of them no event is
    /// sent: the rule says so, or the event is recorded as dropped.
    package static let emissionDepth = 8
    package var emissionsPerEvent = 1000
    package var pendingEmissions = 1000

    /// How long an event waits for others to be reordered with, from the first of them. Past it those that came go.
    package var reordering = Duration.seconds(1)

    /// Header fields of one request or response, and bytes of the whole head. Past either: 431, or 502 for a response.
    package var headerFields = 256
    package var headerBytes = 64 * 1024

    /// How long the upstream may take to answer a handshake. Past it: 504. Below the 5 s after which python clients
    /// and the 20 s after which JavaScript clients give up, so that they see the reason.
    package var upstreamHandshake = Duration.milliseconds(4800)

    /// How long the upstream may take nothing of a POST of its own session, and then to answer it; nil for as long as
    /// its heartbeats come. Past it the session ends. Siphon sets none: how long is too long, the client knows.
    package var upstreamPost: Duration?

    /// How long a client may take from connecting, or from the response before, to the end of its request head. Past
    /// it the connection is closed.
    package var requestHead = Duration.seconds(30)

    /// How long a client may take from the head of a polling POST to the end of its body. Past it the connection is
    /// closed, which ends the session.
    package var requestBody = Duration.seconds(30)

    /// How long a WebSocket may stay between its opening and the `5` that completes the upgrade (Engine.IO server
    /// default). Past it that WebSocket is closed and the session goes on by polling.
    package var upgrade = Duration.seconds(10)

    /// Connections, open ones; past it handshakes are answered 503.
    package var connections = 20_000

    /// File descriptors that no connection gets. Where only they are left, nobody is accepted until some are closed,
    /// and who needs a connection to the upstream is answered 503. More than can be opened at the same moment besides.
    package static let reservedDescriptors = 16

    /// Closed connections whose description is kept, and the bytes of those. Past either the oldest are forgotten.
    package var closedConnectionsKept = 1000
    package var closedConnectionsBytes = 8 << 20

    package init() {}
}
