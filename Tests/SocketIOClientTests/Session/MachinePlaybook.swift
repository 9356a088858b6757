import EngineIOCore
import NIOCore
import SocketIOCore
import Testing

@testable import SocketIOClient

/// A `ClientMachine` and a clock that is set by hand. What the machine wants done is read as lines of text.
struct MachinePlaybook {
    var machine: ClientMachine
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    /// Of the last event that asked for an ack.
    private(set) var lastRequest: AckRequest?
    private var decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 1000)

    init(_ change: (inout ClientMachine.Configuration) -> Void = { _ in }) {
        var configuration = ClientMachine.Configuration()
        configuration.random = { 0.5 }
        change(&configuration)
        machine = ClientMachine(configuration: configuration)
    }

    /// Joined to these namespaces, nothing left to be read.
    static func joined(
        _ namespaces: [String] = ["/"], plan: (inout ClientMachine.Plan) -> Void = { _ in },
        change: (inout ClientMachine.Configuration) -> Void = { _ in }
    ) throws -> MachinePlaybook {
        var play = MachinePlaybook(change)
        try play.connect(namespaces, plan)
        play.machine.opened(auth: nil, at: play.now)
        for name in namespaces { play.receive("0" + (name == "/" ? "" : name + ",") + #"{"sid":"s"}"#) }
        _ = play.lines()
        return play
    }

    mutating func connect(
        _ namespaces: [String] = ["/"], _ change: (inout ClientMachine.Plan) -> Void = { _ in }
    ) throws {
        var plan = ClientMachine.Plan()
        plan.namespaces = namespaces
        change(&plan)
        try machine.connect(plan)
    }

    mutating func receive(_ text: String) {
        do {
            guard let packet = try decoder.receive(.text(text)) else { return }
            machine.receive(packet, at: now)
        } catch {
            Issue.record("\(text): \(error)")
        }
    }

    /// - Parameter onAnswer: asks for an ack.
    mutating func emit(
        _ name: String, namespace: String = "/", timeout: TimeAmount? = nil, isVolatile: Bool = false,
        wantsAck: Bool = false
    ) {
        let request = wantsAck ? AckRequest(timeout: timeout, at: now) { _ in } : nil
        lastRequest = request
        machine.emit(
            Emission(
                namespace: namespace, kind: .event(request), payload: Array("[\"\(name)\"]".utf8),
                isVolatile: isVolatile), at: now)
    }

    mutating func acknowledge(_ id: String, of session: Int) {
        machine.emit(
            Emission(namespace: "/", kind: .ack(id: id, session: session), payload: Array("[]".utf8)), at: now)
    }

    /// Goes to a later time.
    mutating func advance(_ amount: TimeAmount) {
        now = now + amount
        machine.advance(to: now)
    }

    /// What is to be done since the last call.
    mutating func lines() -> [String] {
        var lines: [String] = []
        while let action = machine.nextAction() { lines.append(Self.line(action)) }
        return lines
    }

    private static func line(_ action: ClientMachine.Action) -> String {
        switch action {
        case .open: "open"
        case .close: "close"
        case .send(let packet): "send " + String(buffer: packet.text.bytes)
        case .deliver(let delivery): "\(delivery.namespace) \(line(delivery.kind))"
        case .answer(_, .success(let packet)): "ack " + String(buffer: packet.payload)
        case .answer(_, .failure(let error)): "ack \(error.code)"
        case .connected(.success): "connected"
        case .connected(.failure(let error)): "failed \(error.code)"
        case .endEvents: "end events"
        case .finished: "finished"
        }
    }

    private static func line(_ kind: Delivery.Kind) -> String {
        switch kind {
        case .connect: "connect"
        case .refused(let refusal): "refused " + (refusal.data?.jsonText ?? "")
        case .failed(let error): "failed \(error.code)"
        case .disconnect(let reason, let details): "disconnect \(reason.rawValue): \(details)"
        case .event(let packet): "event " + String(buffer: packet.payload)
        case .unreadable(let error): "unreadable \(error.code)"
        case .finished: "finished"
        }
    }
}
