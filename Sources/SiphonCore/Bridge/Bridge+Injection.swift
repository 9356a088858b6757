import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore

/// What the inspector sends and ends.
extension Bridge {
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
        let size = largestMessage(of: packet, to: injection.to)
        guard size <= largest else {
            throw .invalid("the event has a message of \(size) bytes, the upstream announced \(largest) as the most")
        }
    }

    private func largestMessage(of packet: SocketPacket, to side: Side) -> Int {
        packet.messages.map { $0.packetBytes(on: transport(of: side)) }.max() ?? 0
    }

    /// Whether no message of the packet is larger than the upstream announced as the most.
    func fits(_ packet: SocketPacket, to side: Side) -> Bool {
        messageBytesLimit.map { largestMessage(of: packet, to: side) <= $0 } ?? true
    }

    /// No longer waits for the ack; should it come, it is still kept from the other side.
    package func giveUp(_ pending: PendingInjection) { injections.giveUp(pending) }

    /// Sends a Socket.IO disconnect of `namespace` to both sides.
    package func disconnect(namespace: String, rule: RuleID? = nil, at moment: Moment) throws(ControlError) {
        // A rule may turn away who is about to join.
        guard namespaces.isJoined(namespace) || rule != nil && namespaces.isKnown(namespace) else {
            throw .namespaceNotJoined(namespace)
        }
        let packet = SocketPacket(kind: .disconnect, namespace: namespace, payload: [])
        for side in Side.allCases {
            send(packet, to: side, at: moment)
            record(
                packet, from: side.other, verdicts: [.injected, .forwarded], injected: true,
                rules: rule.map { [$0] } ?? [], at: moment)
        }
        for side in Side.allCases { leave(namespace, because: side) }
    }
}

extension SocketPacket {
    /// The same packet with another ack id.
    func with(ackID: String) -> SocketPacket {
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
