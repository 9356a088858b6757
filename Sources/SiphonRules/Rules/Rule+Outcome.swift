import LosslessJSON
import SocketIOCore

extension Rule {
    enum Outcome: Hashable {
        /// No action did anything.
        case nothing
        /// To go on with; with the same bytes where values were set that were there already.
        case packet(SocketPacket)
        /// With the arguments of the ack for the sender, as one JSON list, where it wants one.
        case dropped(answer: [UInt8]?)
    }

    /// Carries out the actions, in order, up to a drop.
    func outcome(for packet: SocketPacket) -> Outcome {
        var outcome = Outcome.nothing
        var packet = packet
        for action in then {
            switch action {
            case .drop(let answer):
                let bytes = packet.wantsAck ? answer.map { JSONValue.array($0).encoded } : nil
                return .dropped(answer: bytes)
            case .set(let assignments):
                guard let edited = PacketEditor.setting(assignments, in: packet) else { continue }
                packet = edited
                outcome = .packet(edited)
            }
        }
        return outcome
    }
}
