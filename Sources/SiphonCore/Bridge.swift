package import EngineIOCore
package import LosslessJSON
package import NIOCore
package import SocketIOCore

/// Carries out what a bridge decides. Called while the bridge is at work, in order.
package protocol BridgeOutput: AnyObject {
    /// Messages of one packet come one after another; nothing may get between them.
    func bridge(sends message: borrowing EngineMessage, to side: Side, at moment: Moment)

    /// An injected event was acknowledged.
    func bridge(acknowledges injection: PendingInjection, by packet: SocketPacket, after latency: TimeAmount)

    /// A packet of that side could not be decoded and `--strict` was asked for.
    func bridge(refuses side: Side, error: SocketIOError, at moment: Moment)
}

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
    /// What packets go through. Replaced as a whole.
    package var chain: MiddlewareChain
    /// Who carries out what is to be done; not kept alive from here.
    package weak var output: (any BridgeOutput)?
    /// Packets that came, by sender.
    package private(set) var eventsFromClient = 0
    package private(set) var eventsFromUpstream = 0

    private let recorder: any EventRecorder
    private let isStrict: Bool
    private var clientDecoder: SocketPacketDecoder
    private var upstreamDecoder: SocketPacketDecoder
    private var namespaces: NamespaceTable
    private var injections: InjectionTable
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
        let decoder = SocketPacketDecoder(
            attachmentLimit: limits.attachmentsPerPacket, attachmentBytesLimit: limits.messageBytes)
        clientDecoder = decoder
        upstreamDecoder = decoder
        namespaces = NamespaceTable(limit: limits.namespacesPerConnection)
        injections = InjectionTable(limit: limits.pendingInjections)
    }

    // MARK: Messages from the peers

    /// Takes the next message of one side.
    package func receive(_ message: EngineMessage, from side: Side, at moment: Moment) {
        do throws(SocketIOError) {
            guard let packet = try decode(message, from: side) else { return }
            pass(packet, from: side, at: moment)
        } catch {
            receiveUndecodable(message, from: side, error: error, at: moment)
        }
    }

    private func decode(_ message: EngineMessage, from side: Side) throws(SocketIOError) -> SocketPacket? {
        switch side {
        case .client: try clientDecoder.receive(message)
        case .upstream: try upstreamDecoder.receive(message)
        }
    }

    /// Forwards what is no packet as it came. A text message in the place of an attachment starts anew.
    private func receiveUndecodable(
        _ message: EngineMessage, from side: Side, error: SocketIOError, at moment: Moment
    ) {
        guard !isStrict else { return output?.bridge(refuses: side, error: error, at: moment) ?? () }
        let unfinished = side == .client ? clientDecoder.takeUnfinished() : upstreamDecoder.takeUnfinished()
        for earlier in unfinished { passOpaque(earlier, from: side, at: moment) }
        guard unfinished.isEmpty else { return receive(message, from: side, at: moment) }
        passOpaque(message, from: side, at: moment)
    }

    private func passOpaque(_ message: EngineMessage, from side: Side, at moment: Moment) {
        count(side)
        output?.bridge(sends: message, to: side.other, at: moment)
        recorder.record(
            EventRecord(
                connection: connection, time: moment.wall, from: side, kind: .opaque, transport: transport(of: side),
                engineVersion: engineVersion, verdicts: [.forwarded], content: .message(message)))
    }

    private func pass(_ packet: SocketPacket, from side: Side, at moment: Moment) {
        count(side)
        if !packet.kind.isEvent { follow(packet, from: side) }
        if packet.envelope.ackID.count == InjectionTable.digits, consume(packet, from: side, at: moment) { return }
        let context = context(from: side)
        guard chain.wants(packet, context: context) else {
            send(packet, to: side.other, at: moment)
            return recorder.recordForwarded(packet, context: context, time: moment.wall)
        }
        carryOut(chain.handle(packet, context: context), on: packet, from: side, at: moment)
    }

    private func carryOut(_ decision: EventDecision, on packet: SocketPacket, from side: Side, at moment: Moment) {
        guard let result = decision.packet else {
            record(
                packet, from: side, verdicts: decision.answer == nil ? [.dropped] : [.dropped, .replied],
                rules: decision.rules, at: moment)
            return answer(packet, with: decision.answer, from: side, rules: decision.rules, at: moment)
        }
        send(result, to: side.other, at: moment)
        let isModified = result != packet
        record(
            result, from: side, verdicts: isModified ? [.modified, .forwarded] : [.forwarded], rules: decision.rules,
            original: isModified ? packet : nil, at: moment)
    }

    /// Acknowledges a dropped event to its sender in the place of the side that never saw it.
    private func answer(
        _ packet: SocketPacket, with arguments: [UInt8]?, from side: Side, rules: [RuleID], at moment: Moment
    ) {
        guard let arguments, packet.wantsAck else { return }
        let ack = SocketPacket(
            kind: .ack, namespace: packet.namespace, ackID: packet.ackID, payload: arguments)
        send(ack, to: side, at: moment)
        record(ack, from: side.other, verdicts: [.replied, .forwarded], injected: true, rules: rules, at: moment)
    }

    /// Keeps the table of namespaces true: what is joined, and by which id.
    private func follow(_ packet: SocketPacket, from side: Side) {
        switch packet.kind {
        case .connect where side == .client: namespaces.join(packet.namespace)
        case .connect: namespaces.accept(packet.namespace, sid: (try? packet.parsedPayload())?["sid"]?.string)
        case .disconnect:
            namespaces.leave(packet.namespace)
            injections.forget(namespace: packet.namespace)
        case .connectError: namespaces.leave(packet.namespace)
        default: break
        }
    }

    // MARK: Injection

    /// Sends an event to one side as if the other had sent it.
    ///
    /// - Returns: the injection that is waited for, nil where no ack is wanted. `Action.acknowledged` brings the ack.
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

    /// A message that a peer finds too large would end the connection (Engine.IO v4, maxPayload). One byte is the
    /// packet type.
    private func checkSize(of injection: Injection) throws(ControlError) {
        guard let largest = messageBytesLimit else { return }
        let packet = packet(for: injection, ackID: injection.wantsAck ? String(InjectionTable.lastID) : nil)
        let size = packet.messages.map(\.bytes.readableBytes).max() ?? 0
        guard size + 1 <= largest else {
            throw .invalid(
                "the event has a message of \(size + 1) bytes, the upstream announced \(largest) as the most")
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
        follow(packet, from: .client)
    }

    /// Whether the packet is the ack of an injected event, which the other side must not see.
    private func consume(_ packet: SocketPacket, from side: Side, at moment: Moment) -> Bool {
        guard let id = packet.ackID else { return false }
        guard packet.kind.isAck else {
            if packet.kind.isEvent { injections.noteForeign(ackID: id, namespace: packet.namespace, from: side) }
            return false
        }
        switch injections.take(ackID: id, namespace: packet.namespace, from: side) {
        case .foreign: return false
        case .answers(let pending):
            let latency = moment.monotonic - pending.sentAt
            output?.bridge(acknowledges: pending, by: packet, after: latency)
        case .stale: break
        }
        record(packet, from: side, verdicts: [.dropped], at: moment)
        return true
    }

    // MARK: Records

    /// Records what happened to the connection itself; `list` is one JSON list.
    package func recordLifecycle(_ kind: EventKind, from side: Side, list: JSONValue = [], at moment: Moment) {
        recorder.record(
            EventRecord(
                connection: connection, time: moment.wall, from: side, kind: kind, transport: transport(of: side),
                engineVersion: engineVersion, verdicts: [.forwarded], content: .list(ByteBuffer(bytes: list.encoded))))
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

    private func context(from side: Side) -> EventContext {
        EventContext(
            connection: connection, from: side, transport: transport(of: side), engineVersion: engineVersion)
    }
}
