import EngineIOCore
import NIOCore
import SocketIOCore

@testable import SiphonCore

/// What a bridge told its output to do, as values.
enum BridgeAction: Equatable {
    case send(EngineMessage, to: Side)
    case acknowledged(PendingInjection, by: SocketPacket, after: TimeAmount)
    case abandoned(PendingInjection)
    case end(Side, SocketIOError)
    case overflow(Side)
    case disconnect(DisconnectMethod, because: RuleID)
}

/// A bridge with a recorder that writes down one line a record, and a clock that stands.
final class Playbook {
    let bridge: Bridge
    private let recorder = LineRecorder()
    private(set) var sentFrames: [ByteBuffer] = []
    private let output = CollectingOutput()

    init(
        chain: [any EventMiddleware] = [], limits: Limits = Limits(), isStrict: Bool = false, joined: [String] = []
    ) {
        bridge = Bridge(
            connection: ConnectionID(1), transport: .webSocket, chain: MiddlewareChain(chain), recorder: recorder,
            limits: limits, isStrict: isStrict)
        bridge.output = output
        for name in joined {
            let prefix = name == "/" ? "" : "\(name),"
            _ = receive(.text("0\(prefix)"), from: .client)
            _ = receive(.text("0\(prefix){\"sid\":\"s\"}"), from: .upstream)
        }
        recorder.lines = []
    }

    var moment: Moment { moment(.zero) }

    private func moment(_ offset: TimeAmount) -> Moment {
        Moment(monotonic: .uptimeNanoseconds(1_000_000_000) + offset, wall: 0)
    }

    var records: [String] { recorder.lines }

    func receive(_ message: EngineMessage, from side: Side, after offset: TimeAmount = .zero) -> [BridgeAction] {
        bridge.receive(message, from: side, at: moment(offset))
        return actions()
    }

    /// Lets that time go by since the start, then runs what is due.
    func advance(to offset: TimeAmount) -> [BridgeAction] {
        bridge.advance(to: moment(offset))
        return actions()
    }

    /// From the start to the next deadline.
    var deadline: TimeAmount? { bridge.nextDeadline.map { $0 - moment.monotonic } }

    func close(by side: Side? = nil) -> [BridgeAction] {
        bridge.close(by: side, at: moment)
        return actions()
    }

    @discardableResult
    func inject(to side: Side, namespace: String = "/", wantsAck: Bool = false) throws(ControlError)
        -> PendingInjection?
    {
        let injection = Injection(to: side, namespace: namespace, name: "x", arguments: [], wantsAck: wantsAck)
        return try bridge.inject(injection, at: moment)
    }

    func actions() -> [BridgeAction] {
        defer { output.actions = [] }
        for case .send(let message, _) in output.actions {
            if let frames = message.frames { sentFrames.append(frames) }
        }
        return output.actions
    }
}

private final class CollectingOutput: BridgeOutput {
    var actions: [BridgeAction] = []

    func bridge(sends message: borrowing EngineMessage, to side: Side, at moment: Moment) {
        actions.append(.send(copy message, to: side))
    }

    func bridge(acknowledges injection: PendingInjection, by packet: SocketPacket, after latency: TimeAmount) {
        actions.append(.acknowledged(injection, by: packet, after: latency))
    }

    func bridge(abandons injection: PendingInjection) { actions.append(.abandoned(injection)) }

    func bridge(overflows side: Side, at moment: Moment) { actions.append(.overflow(side)) }

    func bridge(disconnects method: DisconnectMethod, because rule: RuleID, at moment: Moment) {
        actions.append(.disconnect(method, because: rule))
    }

    func bridge(refuses side: Side, error: SocketIOError, at moment: Moment) { actions.append(.end(side, error)) }
}

private final class LineRecorder: EventRecorder {
    var lines: [String] = []

    func record(_ record: borrowing EventRecord) {
        var namespace = "/"
        if case .packet(let packet) = record.content { namespace = packet.namespace }
        var line = "\(record.from.word) \(record.kind.word) \(namespace) "
        line += record.verdicts.array.map(\.word).joined(separator: ",")
        if record.verdicts.contains(.injected) || record.injected { line += " injected" }
        if let original = record.original { line += " was \(String(buffer: original.text.bytes))" }
        lines.append(line)
    }

    var hasRecords: Bool { !lines.isEmpty }

    func flush() -> EventID? { nil }
}
