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
    /// Who carries out what is to be done. Kept alive from here, since what is referenced weakly counts its references
    /// in a side table, with every message: to be let go of at the end.
    package var output: (any BridgeOutput)?
    /// Packets that came, by sender.
    package private(set) var eventsFromClient = 0
    package private(set) var eventsFromUpstream = 0

    let chain: MiddlewareChain
    let recorder: any EventRecorder
    let limits: Limits
    private let isStrict: Bool
    private var clientIntake: PacketIntake
    private var upstreamIntake: PacketIntake
    var namespaces: NamespaceTable
    var injections: InjectionTable
    var lanes: Lanes
    var emissionTimers: EmissionTimers
    /// What the event that is decided about may still cause.
    var emissionBudget: EmissionBudget
    let wholeEmissionBudget: EmissionBudget
    var turns = ThrottleTurns()
    /// How many decisions are being carried out, one because of the other, and what ends the connection behind them.
    var decisionDepth = 0
    var endAfterDecision: EventShaping.Disconnection?
    /// Whether the end has come, which no rule can bring about any more.
    private(set) var isEnding = false
    private(set) var isClosed = false

    /// - Parameter isStrict: refuses what cannot be decoded, in place of passing it as it came: a message whose
    ///   envelope
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
        self.limits = limits
        self.isStrict = isStrict
        clientIntake = PacketIntake(limits: limits)
        upstreamIntake = PacketIntake(limits: limits)
        namespaces = NamespaceTable(limit: limits.namespacesPerConnection)
        injections = InjectionTable(limit: limits.pendingInjections)
        lanes = Lanes(groupTime: TimeAmount(limits.reordering))
        emissionTimers = EmissionTimers(limit: limits.pendingEmissions, bytesLimit: limits.queuedBytes)
        wholeEmissionBudget = EmissionBudget(limits)
        emissionBudget = wholeEmissionBudget
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
        emissionBudget = wholeEmissionBudget
        let context = context(from: side, at: moment)
        guard chain.wants(packet, context: context) else {
            guard lanes.isEmpty else { return depart(Departure(packet: copy packet, context: context), at: moment) }
            forward(packet, from: side, at: moment)
            return recorder.recordForwarded(packet, context: context)
        }
        let packet = copy packet
        let decision = chain.handle(packet, context: context)
        // A rule looked at it and let it be: as above, which spares a record of its own.
        guard decision.rules.isEmpty, decision.shaping == nil, lanes.isEmpty, decision.packet == packet else {
            return carryOut(decision, on: packet, context, at: moment)
        }
        forward(packet, from: side, at: moment)
        recorder.recordForwarded(packet, context: context)
    }

    /// Keeps the table of namespaces true: what is joined, and by which id.
    func follow(_ packet: SocketPacket, from side: Side) {
        switch (packet.kind, side) {
        case (.connect, .client): namespaces.join(packet.namespace)
        case (.connect, .upstream):
            namespaces.accept(packet.namespace, sid: (try? packet.parsedPayload())?["sid"]?.string)
        case (.disconnect, _), (.connectError, .upstream): leave(packet.namespace, because: side)
        default: break
        }
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
        let intakes = Self.earlier(clientIntake.deadline, upstreamIntake.deadline)
        return Self.earlier(intakes, Self.earlier(lanes.deadline, emissionTimers.deadline))
    }

    private static func earlier(_ left: NIODeadline?, _ right: NIODeadline?) -> NIODeadline? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }

    /// Lets go what rules kept back until now. Gives up packets whose attachments did not come in time: what came of
    /// them passes as it came.
    package func advance(to moment: Moment) {
        departDue(at: moment)
        emitDue(at: moment)
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
    /// rest no peer can make anything of it. What rules keep back goes nowhere either.
    ///
    /// - Parameter side: the one that ended it, nil for neither. What rules keep back of its events leaves at once,
    ///   before the other side hears of the end.
    package func close(by side: Side?, at moment: Moment) {
        guard !isClosed else { return }
        isEnding = true
        if let side { for departure in lanes.takeAll(from: side) { leave(departure, at: moment) } }
        isClosed = true
        for side in Side.allCases { drop(lanes.takeAll(from: side)) }
        for entry in emissionTimers.takeAll() { dropEmission(entry.emission, depth: entry.depth, at: moment) }
        for side in Side.allCases {
            for message in takeUnfinished(from: side) {
                recordOpaque(message, from: side, verdicts: [.dropped], at: moment)
            }
        }
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

    func record(
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

    /// Whether rules keep back so much of that side's events that no more of them should be read.
    package func isCongested(from side: Side) -> Bool { lanes.bytes(from: side) > Limits.congestionBytes }

    /// The namespaces that the client has asked for and not left.
    package var joinedNamespaces: [ConnectionSnapshot.Namespace] { namespaces.list }

    func send(_ packet: borrowing SocketPacket, to side: Side, at moment: Moment) {
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

    func transport(of side: Side) -> EngineTransport {
        side == .client ? clientTransport : upstreamTransport
    }

    func context(from side: Side, at moment: Moment, emissionDepth: Int = 0) -> EventContext {
        EventContext(
            connection: connection, from: side, transport: transport(of: side), engineVersion: engineVersion,
            at: moment, emissionDepth: emissionDepth, emissionBudget: emissionBudget
        )
    }
}
