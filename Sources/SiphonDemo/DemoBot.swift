import LosslessJSON
import NIOCore
package import SocketIOCore

/// One bot: a client of the chat that follows its part of `DemoScript`, driven by time. No socket, no clock, no chance.
///
/// Times are from the start of the demo. The owner calls `opened` when an Engine.IO session is open, hands in each
/// packet, calls `advance` at `deadline`, and `ended` when the session is gone; what it gets back it sends.
package struct DemoBot: Sendable {
    /// How long a bot waits for the answer to a question.
    package static let patience = Duration.seconds(5)
    /// Lines that were due longer ago than this, while there was no connection, are not made up for.
    package static let lateness = Duration.seconds(2)
    /// How long a bot thinks before it says something that is not in the script.
    static let thinking = Duration.seconds(2)

    package let character: DemoCharacter

    private enum Step: Hashable {
        case write
        case perform(DemoScript.Deed)
    }

    private struct Question {
        let ackID: String
        let until: Duration
    }

    /// Something to say that is not in the script.
    private struct Remark {
        let at: Duration
        let text: String
    }

    private let steps: [(offset: Duration, step: Step)]
    private let start: Duration
    private var nextStep = 0
    private var round = 0
    /// Whether the chat let it into the room.
    private var isInRoom = false
    private var nextAckID = 0
    private var joinAckID: String?
    private var question: Question?
    private var remark: Remark?
    private var pictures = 0
    private var greetings = 0

    /// - Parameter start: when the conversation begins; the same for all bots.
    package init(_ character: DemoCharacter, start: Duration = .zero) {
        self.character = character
        self.start = start
        steps = DemoScript.lines.filter { $0.character == character }.flatMap { line in
            [(line.at - DemoScript.writing, Step.write), (line.at, .perform(line.deed))]
        }
    }

    /// When `advance` has something to do next.
    package var deadline: Duration {
        [due, question?.until, remark?.at].compactMap(\.self).min() ?? due
    }

    private var due: Duration { start + DemoScript.length * round + steps[nextStep].offset }

    /// An Engine.IO session is open. Bit also watches the statistics, so that there are two namespaces to be seen.
    package mutating func opened() -> [SocketPacket] {
        ended()
        let connect = SocketPacket(kind: .connect, json: ["name": JSONValue(character.name)])
        guard character == .bit else { return [connect] }
        let admin = SocketPacket(
            kind: .connect, namespace: DemoChat.adminNamespace, json: ["token": JSONValue(DemoChat.adminToken)])
        return [connect, admin]
    }

    /// The Engine.IO session is gone.
    package mutating func ended() {
        isInRoom = false
        joinAckID = nil
        question = nil
        remark = nil
    }

    /// One packet from the chat.
    package mutating func receive(_ packet: SocketPacket, at now: Duration) -> [SocketPacket] {
        guard packet.namespace == "/" else { return acknowledgement(of: packet) }
        switch packet.kind {
        case .connect:
            let join = event(.join, [JSONMember("room", JSONValue(DemoScript.room))], wantsAck: true)
            joinAckID = join.ackID
            return [join]
        case .disconnect, .connectError:
            ended()
            return []
        case .ack, .binaryAck:
            receive(ack: packet, at: now)
            return []
        case .event, .binaryEvent:
            hear(packet, at: now)
            return acknowledgement(of: packet)
        }
    }

    /// What is due by now.
    package mutating func advance(to now: Duration) -> [SocketPacket] {
        var packets: [SocketPacket] = []
        if let question, question.until <= now {
            self.question = nil
            remark = Remark(at: now, text: "No answer. I would have settled for a no.")
        }
        if let remark, remark.at <= now {
            self.remark = nil
            packets += perform(.say(remark.text), at: now)
        }
        while due <= now {
            let isLate = due + Self.lateness < now
            let step = steps[nextStep].step
            goOn()
            guard isInRoom, !isLate else { continue }
            switch step {
            case .write: packets.append(typing(true))
            case .perform(let deed): packets += perform(deed, at: now)
            }
        }
        return packets
    }

    private mutating func goOn() {
        nextStep += 1
        guard nextStep == steps.count else { return }
        nextStep = 0
        round += 1
    }

    private mutating func receive(ack packet: SocketPacket, at now: Duration) {
        guard let ackID = packet.ackID, let answer = (try? packet.parsedPayload())?[0] else { return }
        if ackID == joinAckID {
            joinAckID = nil
            isInRoom = answer["ok"]?.bool == true
        } else if ackID == question?.ackID {
            question = nil
            guard answer["answer"] != nil else { return }
            remark = Remark(at: now + Self.thinking, text: "The chat has spoken. I feel hardly any wiser.")
        }
    }

    /// Bit greets those who say its name. Bots do not greet bots, which would never end.
    private mutating func hear(_ packet: SocketPacket, at now: Duration) {
        guard character == .bit, isInRoom, remark == nil, packet.eventName == DemoServerEvent.said.rawValue else {
            return
        }
        guard let said = (try? packet.parsedPayload())?[1], let from = said["from"]?.string,
            let text = said["text"]?.string, !DemoCharacter.allCases.contains(where: { $0.name == from }),
            DemoText.fits(text, scalars: DemoLimits.messageScalars),
            text.lowercased().split(whereSeparator: { !$0.isLetter }).contains(Substring(character.name.lowercased()))
        else { return }
        let words = DemoScript.greetings[greetings % DemoScript.greetings.count]
        greetings += 1
        let name = DemoText.name(from, scalars: DemoLimits.nameScalars)
        remark = Remark(
            at: now + Self.thinking,
            text: words.split(separator: "NAME", omittingEmptySubsequences: false).joined(separator: name))
    }

    /// Nothing in the chat asks a bot, but one who injects an event from the inspector may want to see an ack.
    private func acknowledgement(of packet: SocketPacket) -> [SocketPacket] {
        guard packet.wantsAck, let ackID = packet.ackID else { return [] }
        let answer: JSONValue = ["ok": true, "name": JSONValue(character.name)]
        return [SocketPacket(kind: .ack, namespace: packet.namespace, ackID: ackID, json: [answer])]
    }

    private mutating func perform(_ deed: DemoScript.Deed, at now: Duration) -> [SocketPacket] {
        guard isInRoom else { return [] }
        let room = JSONMember("room", JSONValue(DemoScript.room))
        switch deed {
        case .say(let text):
            return [typing(false), event(.say, [room, JSONMember("text", JSONValue(text))], wantsAck: true)]
        case .ask(let text):
            let ask = event(.question, [room, JSONMember("text", JSONValue(text))], wantsAck: true)
            question = ask.ackID.map { Question(ackID: $0, until: now + Self.patience) }
            return [typing(false), ask]
        case .picture:
            pictures += 1
            let picture: [JSONMember] = [
                room, JSONMember("type", "image/png"), JSONMember("picture", ["_placeholder": true, "num": 0]),
            ]
            let png = PixelPicture.deploys(pictures).png
            return [typing(false), event(.picture, picture, attachments: [png], wantsAck: true)]
        }
    }

    private mutating func typing(_ isTyping: Bool) -> SocketPacket {
        event(.typing, [JSONMember("room", JSONValue(DemoScript.room)), JSONMember("isTyping", .bool(isTyping))])
    }

    private mutating func event(
        _ name: DemoClientEvent, _ members: [JSONMember], attachments: [ByteBuffer] = [], wantsAck: Bool = false
    ) -> SocketPacket {
        let ackID = wantsAck ? String(nextAckID) : nil
        if wantsAck { nextAckID &+= 1 }
        return SocketPacket(
            kind: .event, ackID: ackID, json: [JSONValue(name.rawValue), .object(members)], attachments: attachments)
    }
}
