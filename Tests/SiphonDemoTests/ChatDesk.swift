import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonDemo

/// The chat with members by name: what comes of a packet is one line a packet, such as `ada ← said {…}`.
final class ChatDesk {
    var chat: DemoChat
    private var ids: [String: DemoMemberID] = [:]
    private(set) var sent: [(to: [String], packet: SocketPacket)] = []

    init(inspector: String? = nil) { chat = DemoChat(inspector: inspector) }

    func id(_ name: String) -> DemoMemberID {
        if let id = ids[name] { return id }
        let id = DemoMemberID(ids.count)
        ids[name] = id
        return id
    }

    /// Opens a session and joins `/`, and the room where one is named.
    @discardableResult
    func enter(_ name: String, room: String? = nil) -> [String] {
        var lines = open(name)
        lines += receive(#"0{"name":"\#(name)"}"#, from: name)
        if let room { lines += receive(#"2["join",{"room":"\#(room)"}]"#, from: name) }
        return lines
    }

    @discardableResult
    func open(_ name: String) -> [String] { note(chat.connect(id(name))) }

    @discardableResult
    func end(_ name: String) -> [String] { note(chat.disconnect(id(name))) }

    func statistics() -> [String] { note(chat.statistics()) }

    @discardableResult
    func receive(_ text: String, attachments: [[UInt8]] = [], from name: String, at now: Int = 7) -> [String] {
        var decoder = SocketPacketDecoder(attachmentLimit: 10, attachmentBytesLimit: 10_000_000)
        let messages = [EngineMessage.text(text)] + attachments.map { EngineMessage.binary($0) }
        let packets = messages.compactMap { message in (try? decoder.receive(message)) ?? nil }
        guard let packet = packets.last else {
            Issue.record("no packet: \(text)")
            return []
        }
        return note(chat.receive(packet, from: id(name), at: now))
    }

    private func note(_ effects: [DemoEffect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .close(let id): return "close \(name(id))"
            case .send(let packet, let receivers):
                let names = receivers.map(name)
                sent.append((names, packet))
                let bytes = packet.attachments.map { " +\($0.bytes.readableBytes)" }.joined()
                return "\(names.joined(separator: " ")) ← \(String(buffer: packet.text.bytes))\(bytes)"
            }
        }
    }

    private func name(_ id: DemoMemberID) -> String { ids.first { $0.value == id }?.key ?? "?" }
}
