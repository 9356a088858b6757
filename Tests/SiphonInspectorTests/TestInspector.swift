import EngineIOCore
import LosslessJSON
import Logging
import NIOCore
import SiphonCapture
import SiphonCore
import SiphonRules
import SocketIOCore

@testable import SiphonInspector

/// The routes over a real capture and real rules, without a socket.
struct TestInspector {
    let capture: Capture
    let rules: RuleStore
    let control: TestControl
    let services: InspectorServices

    init(
        control: TestControl = TestControl(), limits: InspectorLimits = InspectorLimits(), capture: Capture = Capture(),
        rules: RuleStore = RuleStore(), ruleFile: RuleFile? = nil
    ) {
        self.control = control
        self.capture = capture
        self.rules = rules
        services = InspectorServices(
            capture: capture, rules: rules, ruleFile: ruleFile, control: control, version: "1.2.3",
            startedAt: 1_000_000_001, limits: limits)
    }

    /// Records packets of connection c1 from the client, and makes them readable.
    func record(_ texts: String..., attachments: [[UInt8]] = []) { record(texts, attachments: attachments) }

    func record(_ texts: [String], attachments: [[UInt8]] = []) { capture.record(texts, attachments: attachments) }

    func answer(
        _ method: String, _ target: String, _ body: String = "", headers: [(name: String, value: String)] = []
    ) async -> InspectorResponse {
        await InspectorRoutes.table.response(
            to: InspectorRequest(method: method, target: "/api/v1/" + target, headers: headers, body: Array(body.utf8)),
            services: services)
    }
}

extension Capture {
    func record(_ texts: [String], attachments: [[UInt8]] = []) {
        let recorder = makeRecorder()
        for text in texts {
            let scanned = Array(text.utf8).withUnsafeBytes { try? PacketEnvelope(scanning: $0, attachmentLimit: 10) }
            guard let envelope = scanned else { continue }
            let packet = SocketPacket(
                envelope: envelope, text: .text(text), attachments: attachments.map { .binary($0) })
            recorder.record(
                EventRecord(
                    connection: ConnectionID(1), time: 1_000_000_002, from: .client, kind: EventKind(envelope.kind),
                    transport: .webSocket, verdicts: [.forwarded], content: .packet(packet)))
        }
        recorder.flush()
        drain()
    }
}

extension InspectorResponse {
    var text: String { String(decoding: bytes ?? [], as: UTF8.self) }

    /// The body as JSON; null where it is none.
    var value: JSONValue { (try? JSONValue(parsing: bytes ?? [])) ?? .null }

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
