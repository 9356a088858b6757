import EngineIOCore
import NIOCore

extension ServingSession {
    /// What there is to do, all of it.
    mutating func takeActions() -> [Action] {
        var actions: [Action] = []
        while let action = nextAction() { actions.append(action) }
        return actions
    }
}

extension CallingSession {
    /// What there is to do, all of it.
    mutating func takeActions() -> [Action] {
        var actions: [Action] = []
        while let action = nextAction() { actions.append(action) }
        return actions
    }
}

extension EnginePacket {
    /// The packet as one WebSocket message. The frames that a message came in are not looked at.
    var webSocketMessage: (kind: EngineMessage.Kind, payload: ByteBuffer) {
        if case .message(let message) = self, message.kind == .binary { return (.binary, message.bytes) }
        return (.text, PollingPayload.encode([self]))
    }
}
