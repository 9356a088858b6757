package import EngineIOCore
package import LosslessJSON
package import NIOCore
import SocketIOCore

/// What a connection is above its two sessions: messages come in from either side, go through the middleware as whole
/// packets and leave for the other side, in order; every packet is recorded with its verdict.
///
/// Confined to one event loop. Does no I/O and reads no clock: its output carries out what it says.
package final class Bridge {
    package let connection: ConnectionID
    package let engineVersion: UInt8
    /// The transport of each hop just now, as records name it.
    package var clientTransport: EngineTransport
    package var upstreamTransport: EngineTransport
    /// Largest message of an injected event, in bytes; nil until the upstream has said it, or where it says none.
    package var messageBytesLimit: Int?
    /// Who carries out what is to be done. Kept alive from here, since what is referenced weakly counts its references in
    /// a side table, with every message: to be let go of at the end.
    package var output: (any BridgeOutput)?
    /// Packets that came, by sender.
    package private(set) var eventsFromClient = 0
    package private(set) var eventsFromUpstream = 0

    private let chain: MiddlewareChain
    private let recorder: any EventRecorder
    private let isStrict: Bool
    private var clientIntake: PacketIntake
    private var upstreamIntake: PacketIntake
    private var namespaces: NamespaceTable
    private var injections: InjectionTable
    private var isClosed = false

    /// - Parameter isStrict: refuses what cannot be decoded, in place of passing it as it came: a message whose envelope
    ///   is none, or attachments that nobody announced or that do not come. Arguments are not parsed, so broken JSON in
    ///   them passes.
    package init(
        connection: ConnectionID, engineVersion: UInt8 = 4, transport: EngineTransport, chain: MiddlewareChain,
        recorder: any EventRecorder, limits: Limits, isStrict: Bool = false
    ) {
        self.connection = connection
        self.engineVersion = engineVersion
        clientTransport = transport
        upstreamTransport = transport
        self.chain = chain
        self.recorder = recorder
        self.isStrict = isStrict
        clientIntake = PacketIntake(limits: limits)
        upstreamIntake = PacketIntake(limits: limits)
        namespaces = NamespaceTable(limit: limits.namespacesPerConnection)
        injections = InjectionTable(limit: limits.pendingInjections)
    }

    // MARK: Messages from the peers

    /// Takes the next message of one side. After `close` nothing passes any more.
    package func receive(_ message: consuming EngineMessage, from side: Side, at moment: Moment) {
        guard !isClosed else { return }
        guard isIdle(side), let envelope = Self.envelope(ofWhole: message) else {
            return receivePart(message, from: side, at: moment)
        }
        pass(SocketPacket(envelope: envelope, text: message), from: side, at: moment)
    }

    /// The envelope of a message that is a whole packet by itself, as nearly all are; nil for any other.
    private static func envelope(ofWhole message: borrowing EngineMessage) -> PacketEnvelope? {
        guard message.kind == .text else { return nil }
        return message.bytes.withUnsafeReadableBytes { try? PacketEnvelope(scanning: $0, attachmentLimit: 0) }
    }

    private func isIdle(_ side: Side) -> Bool {
        switch side {
        case .client: clientIntake.isIdle
        case .upstream: upstreamIntake.isIdle
        }
    }

    private func receivePart(_ message: EngineMessage, from side: Side, at moment: Moment) {
        do throws(SocketIOError) {
            guard let packet = try decode(message, from: side, at: moment) else { return }
            pass(packet, from: side, at: moment)
        } catch {
            receiveUndecodable(message, from: side, error: error, at: moment)
        }
    }

    private func decode(
        _ message: EngineMessage, from side: Side, at moment: Moment
    ) throws(SocketIOError) -> SocketPacket? {
        switch side {
        case .client: try clientIntake.receive(message, at: moment.monotonic)
        case .upstream: try upstreamIntake.receive(message, at: moment.monotonic)
        }
    }

    /// Forwards what is no packet as it came. A message that cannot be an attachment where one is missing starts anew.
    private func receiveUndecodable(
        _ message: EngineMessage, from side: Side, error: SocketIOError, at moment: Moment
    ) {
        let unfinished = takeUnfinished(from: side)
        guard !isStrict else { return refuse(unfinished + [message], from: side, error: error, at: moment) }
        for earlier in unfinished { passOpaque(earlier, from: side, at: moment) }
        guard unfinished.isEmpty else { return receive(message, from: side, at: moment) }
        passOpaque(message, from: side, at: moment)
    }

    private func takeUnfinished(from side: Side) -> [EngineMessage] {
        switch side {
        case .client: clientIntake.takeUnfinished()
        case .upstream: upstreamIntake.takeUnfinished()
        }
    }

    private func passOpaque(_ message: EngineMessage, from side: Side, at moment: Moment) {
        output?.bridge(sends: message, to: side.other, at: moment)
        recordOpaque(message, from: side, verdicts: [.forwarded], at: moment)
    }

    private func refuse(_ messages: [EngineMessage], from side: Side, error: SocketIOError, at moment: Moment) {
        for message in messages { recordOpaque(message, from: side, verdicts: [.dropped], at: moment) }
        output?.bridge(refuses: side, error: error, at: moment)
    }

    private func pass(_ packet: borrowing SocketPacket, from side: Side, at moment: Moment) {
        count(side)
        guard packet.kind.isAck, packet.envelope.ackID.count >= InjectionTable.digits else {
            return decide(packet, from: side, at: moment)
        }
        if let ack = ownAck(copy packet, from: side, at: moment) { decide(ack, from: side, at: moment) }
    }

    private func decide(_ packet: borrowing SocketPacket, from side: Side, at moment: Moment) {
        let context = context(from: side, at: moment)
        guard chain.wants(packet, context: context) else {
            forward(packet, from: side, at: moment)
            return recorder.recordForwarded(packet, context: context)
        }
        let packet = copy packet
        carryOut(chain.handle(packet, context: context), on: packet, from: side, at: moment)
    }

    private func carryOut(_ decision: EventDecision, on packet: SocketPacket, from side: Side, at moment: Moment) {
        guard let result = decision.packet else {
            let answer = packet.wantsAck ? decision.answer : nil
            record(
                packet, from: side, verdicts: answer == nil ? [.dropped] : [.dropped, .replied],
                rules: decision.rules, at: moment)
            return self.answer(packet, with: answer, from: side, rules: decision.rules, at: moment)
        }
        forward(result, from: side, at: moment)
        let isModified = result != packet
        record(
            result, from: side, verdicts: isModified ? [.modified, .forwarded] : [.forwarded], rules: decision.rules,
            original: isModified ? packet : nil, at: moment)
    }

    /// Acknowledges a dropped event to its sender in the place of the side that never saw it.
    private func answer(
        _ packet: SocketPacket, with arguments: [UInt8]?, from side: Side, rules: [RuleID], at moment: Moment
    ) {
        guard let arguments else { return }
        let ack = SocketPacket(
            kind: .ack, namespace: packet.namespace, ackID: packet.ackID, payload: arguments)
        send(ack, to: side, at: moment)
        record(ack, from: side.other, verdicts: [.replied, .forwarded], injected: true, rules: rules, at: moment)
    }

    /// Sends a packet on, and takes note of what that means for namespaces and ack ids. What a rule dropped never
    /// happened, what it changed happened as changed.
    private func forward(_ packet: borrowing SocketPacket, from side: Side, at moment: Moment) {
        guard packet.kind.isEvent else {
            send(packet, to: side.other, at: moment)
            return follow(copy packet, from: side)
        }
        guard packet.envelope.ackID.count >= InjectionTable.digits, let id = packet.ackID,
            namespaces.isKnown(packet.namespace),
            let free = injections.note(ackID: id, namespace: packet.namespace, to: side.other)
        else { return send(packet, to: side.other, at: moment) }
        send(packet.with(ackID: free), to: side.other, at: moment)
    }

    /// Keeps the table of namespaces true: what is joined, and by which id.
    private func follow(_ packet: SocketPacket, from side: Side) {
        switch (packet.kind, side) {
        case (.connect, .client): namespaces.join(packet.namespace)
        case (.connect, .upstream):
            namespaces.accept(packet.namespace, sid: (try? packet.parsedPayload())?["sid"]?.string)
        case (.disconnect, _), (.connectError, .upstream): leave(packet.namespace)
        default: break
        }
    }

    private func leave(_ namespace: String) {
        guard namespaces.isKnown(namespace) else { return }
        namespaces.leave(namespace)
        for lost in injections.forget(namespace: namespace) { output?.bridge(abandons: lost) }
    }

    /// What goes on of an ack whose id may have been given here: nothing where it is for an injected event, which the
    /// other side must not see, and otherwise the ack with the id that the other side knows.
    private func ownAck(_ packet: SocketPacket, from side: Side, at moment: Moment) -> SocketPacket? {
        guard let id = packet.ackID else { return packet }
        switch injections.take(ackID: id, namespace: packet.namespace, from: side) {
        case .foreign: return packet
        case .renumbered(let own): return packet.with(ackID: own)
        case .answers(let pending):
            output?.bridge(acknowledges: pending, by: packet, after: moment.monotonic - pending.sentAt)
        case .stale: break
        }
        record(packet, from: side, verdicts: [.dropped], at: moment)
        return nil
    }

    // MARK: Time and the end

    /// When `advance(to:)` has something to do at the earliest. Nil when never.
    package var nextDeadline: NIODeadline? {
        guard let client = clientIntake.deadline, let upstream = upstreamIntake.deadline else {
            return clientIntake.deadline ?? upstreamIntake.deadline
        }
        return min(client, upstream)
    }

    /// Gives up packets whose attachments did not come in time: what came of them passes as it came.
    package func advance(to moment: Moment) {
        for side in Side.allCases {
            let deadline = side == .client ? clientIntake.deadline : upstreamIntake.deadline
            guard let deadline, deadline <= moment.monotonic else { continue }
            let unfinished = takeUnfinished(from: side)
            if isStrict {
                refuse(unfinished, from: side, error: SocketIOError(.missingAttachments, at: 0), at: moment)
            } else {
                for message in unfinished { passOpaque(message, from: side, at: moment) }
            }
        }
    }

    /// The connection is over. What came of packets that are not whole is recorded and goes nowhere, since without the
    /// rest no peer can make anything of it.
    package func close(at moment: Moment) {
        isClosed = true
        for side in Side.allCases {
            for message in takeUnfinished(from: side) {
                recordOpaque(message, from: side, verdicts: [.dropped], at: moment)
            }
        }
    }

    // MARK: Injection

    /// Sends an event to one side as if the other had sent it.
    ///
    /// - Returns: the injection that is waited for, nil where no ack is wanted. The output is told of the ack, or that
    ///   none will come.
    package func inject(_ injection: Injection, at moment: Moment) throws(ControlError) -> PendingInjection? {
        guard namespaces.isJoined(injection.namespace) else { throw .namespaceNotJoined(injection.namespace) }
        try checkSize(of: injection)
        let pending = injection.wantsAck ? try injections.reserve(injection, at: moment.monotonic) : nil
        let packet = packet(for: injection, ackID: pending?.ackID)
        send(packet, to: injection.to, at: moment)
        record(packet, from: injection.to.other, verdicts: [.injected, .forwarded], injected: true, at: moment)
        return pending
    }

    private func packet(for injection: Injection, ackID: String?) -> SocketPacket {
        SocketPacket(
            kind: .event, namespace: injection.namespace, ackID: ackID,
            json: .array([JSONValue(injection.name)] + injection.arguments),
            attachments: injection.attachments.map { ByteBuffer(bytes: $0) })
    }

    /// A message that a peer finds too large would end the connection (Engine.IO v4, maxPayload).
    private func checkSize(of injection: Injection) throws(ControlError) {
        guard let largest = messageBytesLimit else { return }
        let packet = packet(for: injection, ackID: injection.wantsAck ? String(InjectionTable.lastID) : nil)
        let transport = transport(of: injection.to)
        let size = packet.messages.map { $0.packetBytes(on: transport) }.max() ?? 0
        guard size <= largest else {
            throw .invalid("the event has a message of \(size) bytes, the upstream announced \(largest) as the most")
        }
    }

    /// No longer waits for the ack; should it come, it is still kept from the other side.
    package func giveUp(_ pending: PendingInjection) { injections.giveUp(pending) }

    /// Sends a Socket.IO disconnect of `namespace` to both sides.
    package func disconnect(namespace: String, at moment: Moment) throws(ControlError) {
        guard namespaces.isJoined(namespace) else { throw .namespaceNotJoined(namespace) }
        let packet = SocketPacket(kind: .disconnect, namespace: namespace, payload: [])
        for side in Side.allCases {
            send(packet, to: side, at: moment)
            record(packet, from: side.other, verdicts: [.injected, .forwarded], injected: true, at: moment)
        }
        leave(namespace)
    }

    // MARK: Records

    /// Records what happened to the connection itself; `list` is one JSON list.
    package func recordLifecycle(_ kind: EventKind, from side: Side, list: JSONValue = [], at moment: Moment) {
        recorder.record(
            EventRecord(
                connection: connection, time: moment.wall, from: side, kind: kind, transport: transport(of: side),
                engineVersion: engineVersion, verdicts: [.forwarded], content: .list(ByteBuffer(bytes: list.encoded))))
    }

    private func recordOpaque(_ message: EngineMessage, from side: Side, verdicts: Verdicts, at moment: Moment) {
        count(side)
        recorder.record(
            EventRecord(
                connection: connection, time: moment.wall, from: side, kind: .opaque, transport: transport(of: side),
                engineVersion: engineVersion, verdicts: verdicts, content: .message(message)))
    }

    private func record(
        _ packet: SocketPacket, from side: Side, verdicts: Verdicts, injected: Bool = false, rules: [RuleID] = [],
        original: SocketPacket? = nil, at moment: Moment
    ) {
        recorder.record(
            EventRecord(
                connection: connection, time: moment.wall, from: side, kind: EventKind(packet.kind),
                transport: transport(of: side), engineVersion: engineVersion, verdicts: verdicts, injected: injected,
                rules: rules, content: .packet(packet), original: original))
    }

    // MARK: Parts

    /// The namespaces that the client has asked for and not left.
    package var joinedNamespaces: [ConnectionSnapshot.Namespace] { namespaces.list }

    private func send(_ packet: borrowing SocketPacket, to side: Side, at moment: Moment) {
        guard let output else { return }
        output.bridge(sends: packet.text, to: side, at: moment)
        for attachment in packet.attachments { output.bridge(sends: attachment, to: side, at: moment) }
    }

    private func count(_ side: Side) {
        switch side {
        case .client: eventsFromClient &+= 1
        case .upstream: eventsFromUpstream &+= 1
        }
    }

    private func transport(of side: Side) -> EngineTransport {
        side == .client ? clientTransport : upstreamTransport
    }

    private func context(from side: Side, at moment: Moment) -> EventContext {
        EventContext(
            connection: connection, from: side, transport: transport(of: side), engineVersion: engineVersion, at: moment
        )
    }
}

extension SocketPacket {
    /// The same packet with another ack id.
    fileprivate func with(ackID: String) -> SocketPacket {
        SocketPacket(
            kind: kind, namespace: namespace, ackID: ackID, payload: payload.readableBytesView,
            attachments: attachments.map(\.bytes))
    }
}

extension EngineMessage {
    /// What the message takes as a packet: text has its type before it, and binary is base64 by polling.
    fileprivate func packetBytes(on transport: EngineTransport) -> Int {
        let count = bytes.readableBytes
        switch (kind, transport) {
        case (.text, _): return 1 + count
        case (.binary, .webSocket): return count
        case (.binary, .polling): return 1 + (count + 2) / 3 * 4
        }
    }
}
