import EngineIOCore
import LosslessJSON
import NIOCore
package import SocketIOCore

/// The server of the demo: rooms, members and what each event does, from Socket.IO packets to Socket.IO packets. No
/// socket, no clock, no chance.
///
/// `/` is the chat. Its `connect` takes `{"name": …}`; a name is made fit and unique. A member is in one room at a
/// time. `/admin` takes `{"token": "siphon-demo"}` and sends `statistics`. Which events there are, `DemoClientEvent`
/// and `DemoServerEvent` say; their shapes are in `Tests/Vectors/demo-events.json`.
///
/// What is wrong with an event is said in its ack, as `{"ok": false, "error": …}`. What breaks Socket.IO's own rules,
/// such as an event in a namespace that was not joined, ends the connection, as the reference servers do.
package struct DemoChat: Sendable {
    package static let adminNamespace = "/admin"
    /// No secret: it makes `/admin` a namespace that refuses those who do not know it.
    package static let adminToken = "siphon-demo"
    /// Rooms that are there from the start and stay when empty.
    package static let keptRooms = ["lobby", "staging", "random"]
    package static let pictureTypes = ["image/png", "image/jpeg", "image/gif", "image/webp"]
    /// How often `statistics()` is to be called.
    package static let statisticsInterval = Duration.seconds(5)
    /// Of so many questions the last is never answered.
    package static let unansweredEvery = 3

    private struct Member {
        /// Nil until it is in `/`.
        var name: String?
        var room: String?
        var isAdmin = false
    }

    /// The address of the inspector's page, which `hello` tells; nil for none.
    package var inspector: String?
    private var members: [DemoMemberID: Member] = [:]
    private var rooms = DemoChat.keptRooms.map { DemoRoom($0) }
    private var lastID = 0
    private var lastSession = 0
    private var pictures = 0
    private var messages = 0
    private var questions = 0
    private var unanswered = 0

    package init(inspector: String? = nil) {
        self.inspector = inspector
    }

    /// An Engine.IO session opened. It is in no namespace yet.
    package mutating func connect(_ id: DemoMemberID) -> [DemoEffect] {
        guard members.count < DemoLimits.connections, members[id] == nil else { return [.close(id)] }
        members[id] = Member()
        return []
    }

    /// An Engine.IO session ended, whoever ended it.
    package mutating func disconnect(_ id: DemoMemberID) -> [DemoEffect] {
        let effects = leaveChat(id)
        members[id] = nil
        return effects
    }

    /// One packet of that session.
    ///
    /// - Parameter now: milliseconds since 1970.
    package mutating func receive(_ packet: SocketPacket, from id: DemoMemberID, at now: Int) -> [DemoEffect] {
        guard members[id] != nil else { return [] }
        guard packet.envelope.namespace.count <= DemoLimits.namespaceBytes else { return [.close(id)] }
        switch packet.kind {
        case .connect: return join(namespace: packet, id)
        case .disconnect: return leave(namespace: packet.namespace, id)
        case .event, .binaryEvent: return receive(event: packet, from: id, at: now)
        case .ack, .binaryAck: return []  // nothing here asks for one; an injected event may have
        case .connectError: return [.close(id)]
        }
    }

    /// The numbers, to everybody in `/admin`. To be sent every `statisticsInterval`.
    package func statistics() -> [DemoEffect] {
        statistics(to: members.filter(\.value.isAdmin).map(\.key).sorted { $0.number < $1.number })
    }
}

// MARK: - Namespaces

extension DemoChat {
    private mutating func join(namespace packet: SocketPacket, _ id: DemoMemberID) -> [DemoEffect] {
        let auth = try? packet.parsedPayload()
        switch packet.namespace {
        case "/":
            guard members[id]?.name == nil else { return [.close(id)] }
            guard members.values.count(where: { $0.name != nil }) < DemoLimits.members else {
                return [refusal("The chat is full.", of: "/", id)]
            }
            let name = freeName(auth?["name"]?.string ?? "", for: id)
            members[id]?.name = name
            let hello: JSONValue = [
                "name": JSONValue(name), "inspector": inspector.map { JSONValue($0) } ?? nil, "rooms": roomList,
            ]
            return [accepted("/", id), .send(Self.event(.hello, hello), to: [id])]
        case Self.adminNamespace:
            guard members[id]?.isAdmin == false else { return [.close(id)] }
            guard auth?["token"]?.string == Self.adminToken else {
                return [refusal("Wrong token.", of: Self.adminNamespace, id)]
            }
            members[id]?.isAdmin = true
            return [accepted(Self.adminNamespace, id)] + statistics(to: [id])
        default:
            return [refusal("Invalid namespace", of: packet.namespace, id)]
        }
    }

    private mutating func accepted(_ namespace: String, _ id: DemoMemberID) -> DemoEffect {
        lastSession += 1
        return .send(
            SocketPacket(kind: .connect, namespace: namespace, json: ["sid": JSONValue("demo-\(lastSession)")]),
            to: [id])
    }

    private func refusal(_ message: String, of namespace: String, _ id: DemoMemberID) -> DemoEffect {
        .send(SocketPacket(kind: .connectError, namespace: namespace, json: ["message": JSONValue(message)]), to: [id])
    }

    private mutating func leave(namespace: String, _ id: DemoMemberID) -> [DemoEffect] {
        if namespace == Self.adminNamespace { members[id]?.isAdmin = false }
        return namespace == "/" ? leaveChat(id) : []
    }

    private mutating func leaveChat(_ id: DemoMemberID) -> [DemoEffect] {
        guard members[id]?.name != nil else { return [] }
        let wasInRoom = members[id]?.room != nil
        let effects = leaveRoom(id)
        members[id]?.name = nil
        return wasInRoom ? effects + roomsToAll() : []
    }
}

// MARK: - Events

extension DemoChat {
    /// What an event's ack says.
    private enum Answer {
        case success([JSONMember])
        case failure(String)
        case silence
    }

    private mutating func receive(event packet: SocketPacket, from id: DemoMemberID, at now: Int) -> [DemoEffect] {
        guard let member = members[id] else { return [] }
        if packet.namespace == Self.adminNamespace, member.isAdmin {
            return answer(packet, .failure("There is nothing to do in /admin."), id)
        }
        guard packet.namespace == "/", let name = member.name else { return [.close(id)] }
        guard let payload = try? packet.parsedPayload(), Self.isName(payload[0]) else { return [.close(id)] }
        guard let known = packet.eventName.flatMap(DemoClientEvent.init) else {
            return answer(packet, .failure("The chat knows no such event."), id)
        }
        let values = payload[1] ?? nil
        let outcome: (Answer, [DemoEffect])
        switch known {
        case .join: outcome = join(room: values["room"]?.string, id, name)
        case .say: outcome = say(values, id, name, at: now)
        case .question: outcome = ask(values, id, name, at: now, wantsAnswer: packet.wantsAck)
        case .picture: outcome = show(values, packet.attachments, id, name, at: now)
        case .rename: outcome = rename(values["name"]?.string, id, name)
        case .typing: outcome = (.silence, type(values, id, name))
        }
        return answer(packet, outcome.0, id) + outcome.1
    }

    /// The name of an event is a string, or a number (Socket.IO's reference decoder).
    private static func isName(_ value: JSONValue?) -> Bool {
        switch value {
        case .string, .number: true
        default: false
        }
    }

    private func answer(_ packet: SocketPacket, _ answer: Answer, _ id: DemoMemberID) -> [DemoEffect] {
        guard let ackID = packet.ackID else { return [] }
        let body: JSONValue
        switch answer {
        case .success(let members): body = .object([JSONMember("ok", true)] + members)
        case .failure(let error): body = ["ok": false, "error": JSONValue(error)]
        case .silence: return []
        }
        return [.send(SocketPacket(kind: .ack, namespace: packet.namespace, ackID: ackID, json: [body]), to: [id])]
    }

    private mutating func join(room wanted: String?, _ id: DemoMemberID, _ name: String) -> (Answer, [DemoEffect]) {
        guard let wanted else { return (.failure("Which room?"), []) }
        guard DemoText.fits(wanted, scalars: DemoLimits.roomScalars) else {
            return (.failure("A room's name has at most \(DemoLimits.roomScalars) characters."), [])
        }
        let room = DemoText.name(wanted, scalars: DemoLimits.roomScalars)
        guard !room.isEmpty else { return (.failure("Which room?"), []) }
        guard members[id]?.room != room else { return (.success(description(of: room)), []) }
        // The room that is left may make place for the one that is made.
        guard index(of: room) != nil || rooms.count - (isLastVisitor(id) ? 1 : 0) < DemoLimits.rooms else {
            return (.failure("There are \(DemoLimits.rooms) rooms already."), [])
        }
        var effects = leaveRoom(id)
        if index(of: room) == nil { rooms.append(DemoRoom(room)) }
        guard let index = index(of: room) else { return (.failure("There is no such room."), []) }
        rooms[index].members.append(id)
        members[id]?.room = room
        let others = rooms[index].others(than: id)
        effects += send(.joined, presence(of: name, in: room), to: others)
        return (.success(description(of: room)), effects + roomsToAll())
    }

    private mutating func say(
        _ values: JSONValue, _ id: DemoMemberID, _ name: String, at now: Int
    ) -> (Answer, [DemoEffect]) {
        guard let room = roomIndex(of: id, named: values) else { return (.failure("You are not in that room."), []) }
        guard let text = values["text"]?.string, !DemoText.isBlank(text) else { return (.failure("Say what?"), []) }
        guard DemoText.fits(text, scalars: DemoLimits.messageScalars) else {
            return (.failure("A message has at most \(DemoLimits.messageScalars) characters."), [])
        }
        messages += 1
        let message: [JSONMember] = [
            JSONMember("id", nextID()), JSONMember("from", JSONValue(name)), JSONMember("text", JSONValue(text)),
            JSONMember("at", JSONValue(now)),
        ]
        rooms[room].remember(.object(message))
        let event = JSONValue.object([JSONMember("room", JSONValue(rooms[room].name))] + message)
        return (.success([message[0], message[3]]), send(.said, event, to: rooms[room].others(than: id)))
    }

    /// A message whose ack carries the chat's own answer, if it remembers to give one.
    private mutating func ask(
        _ values: JSONValue, _ id: DemoMemberID, _ name: String, at now: Int, wantsAnswer: Bool
    ) -> (Answer, [DemoEffect]) {
        let (answer, effects) = say(values, id, name, at: now)
        guard case .success(let members) = answer else { return (answer, effects) }
        questions += 1
        if questions.isMultiple(of: Self.unansweredEvery) {
            if wantsAnswer { unanswered += 1 }
            return (.silence, effects)
        }
        let words = DemoScript.answers[questions % DemoScript.answers.count]
        return (.success(members + [JSONMember("answer", JSONValue(words))]), effects)
    }

    private mutating func show(
        _ values: JSONValue, _ attachments: [EngineMessage], _ id: DemoMemberID, _ name: String, at now: Int
    ) -> (Answer, [DemoEffect]) {
        guard let room = roomIndex(of: id, named: values) else { return (.failure("You are not in that room."), []) }
        guard let type = values["type"]?.string, Self.pictureTypes.contains(type) else {
            return (.failure("A picture is one of \(Self.pictureTypes.joined(separator: ", "))."), [])
        }
        guard values["picture"]?["_placeholder"]?.bool == true, let index = values["picture"]?["num"]?.int,
            attachments.indices.contains(index), attachments[index].bytes.readableBytes > 0
        else { return (.failure("There is no picture in it."), []) }
        let picture = attachments[index].bytes
        guard picture.readableBytes <= DemoLimits.pictureBytes else {
            return (.failure("A picture has at most \(DemoLimits.pictureBytes) bytes."), [])
        }
        pictures += 1
        let number = nextID()
        let event: JSONValue = [
            "room": JSONValue(rooms[room].name), "id": number, "from": JSONValue(name), "type": JSONValue(type),
            "picture": ["_placeholder": true, "num": 0], "at": JSONValue(now),
        ]
        let others = rooms[room].others(than: id)
        return (
            .success([JSONMember("id", number), JSONMember("at", JSONValue(now))]),
            send(.picture, event, attachments: [picture], to: others)
        )
    }

    private func type(_ values: JSONValue, _ id: DemoMemberID, _ name: String) -> [DemoEffect] {
        guard let room = roomIndex(of: id, named: values), let isTyping = values["isTyping"]?.bool else { return [] }
        let event: JSONValue = [
            "room": JSONValue(rooms[room].name), "name": JSONValue(name), "isTyping": .bool(isTyping),
        ]
        return send(.typing, event, to: rooms[room].others(than: id))
    }

    private mutating func rename(_ wanted: String?, _ id: DemoMemberID, _ old: String) -> (Answer, [DemoEffect]) {
        guard let wanted, !DemoText.name(wanted, scalars: DemoLimits.nameScalars).isEmpty else {
            return (.failure("A name has to have something to read."), [])
        }
        let name = freeName(wanted, for: id)
        guard name != old else { return (.success([JSONMember("name", JSONValue(name))]), []) }
        members[id]?.name = name
        let others = roomIndex(of: id).map { rooms[$0].others(than: id) } ?? []
        let notice: JSONValue = ["text": JSONValue("\(old) is now called \(name).")]
        return (.success([JSONMember("name", JSONValue(name))]), send(.notice, notice, to: others))
    }
}

// MARK: - Rooms and members

extension DemoChat {
    private func index(of room: String) -> Int? { rooms.firstIndex { $0.name == room } }

    /// The room that this member is in.
    private func roomIndex(of id: DemoMemberID) -> Int? { (members[id]?.room).flatMap(index) }

    /// The room that this member is in, if it is the one that its event names.
    private func roomIndex(of id: DemoMemberID, named values: JSONValue) -> Int? {
        roomIndex(of: id).flatMap { rooms[$0].name == values["room"]?.string ? $0 : nil }
    }

    private func isLastVisitor(_ id: DemoMemberID) -> Bool {
        guard let room = roomIndex(of: id) else { return false }
        return rooms[room].members == [id] && !Self.keptRooms.contains(rooms[room].name)
    }

    private mutating func leaveRoom(_ id: DemoMemberID) -> [DemoEffect] {
        guard let index = roomIndex(of: id), let name = members[id]?.name else { return [] }
        let room = rooms[index].name
        rooms[index].members.removeAll { $0 == id }
        members[id]?.room = nil
        let effects = send(.left, presence(of: name, in: room), to: rooms[index].members)
        if rooms[index].members.isEmpty, !Self.keptRooms.contains(room) { rooms.remove(at: index) }
        return effects
    }

    private func names(in room: String) -> JSONValue {
        let there = index(of: room).map { rooms[$0].members } ?? []
        return .array(there.compactMap { members[$0]?.name }.map { JSONValue($0) })
    }

    private func presence(of name: String, in room: String) -> JSONValue {
        ["room": JSONValue(room), "name": JSONValue(name), "members": names(in: room)]
    }

    private func description(of room: String) -> [JSONMember] {
        let history = index(of: room).map { rooms[$0].history } ?? []
        return [
            JSONMember("room", JSONValue(room)), JSONMember("members", names(in: room)),
            JSONMember("messages", .array(history)),
        ]
    }

    private var roomList: JSONValue {
        .array(rooms.map { ["name": JSONValue($0.name), "members": JSONValue($0.members.count)] })
    }

    /// The name made fit, with a number behind it where somebody else has it.
    private func freeName(_ wanted: String, for id: DemoMemberID) -> String {
        let fit = DemoText.name(wanted, scalars: DemoLimits.nameScalars)
        let base = fit.isEmpty ? "Guest" : fit
        let taken = Set(members.filter { $0.key != id }.compactMap(\.value.name))
        guard taken.contains(base) else { return base }
        // One of so many numbers is free: there are fewer names than that.
        return (2...taken.count + 2).lazy.map { "\(base) \($0)" }.first { !taken.contains($0) } ?? base
    }

    private mutating func nextID() -> JSONValue {
        lastID += 1
        return JSONValue(lastID)
    }

    private func roomsToAll() -> [DemoEffect] {
        let all = members.filter { $0.value.name != nil }.map(\.key).sorted { $0.number < $1.number }
        return send(.rooms, ["rooms": roomList], to: all)
    }

    private func statistics(to admins: [DemoMemberID]) -> [DemoEffect] {
        let numbers: JSONValue = [
            "members": JSONValue(members.values.count { $0.name != nil }), "rooms": JSONValue(rooms.count),
            "messages": JSONValue(messages), "pictures": JSONValue(pictures), "questions": JSONValue(questions),
            "unanswered": JSONValue(unanswered),
        ]
        return send(.statistics, numbers, to: admins)
    }

    private func send(
        _ event: DemoServerEvent, _ argument: JSONValue, attachments: [ByteBuffer] = [], to receivers: [DemoMemberID]
    ) -> [DemoEffect] {
        receivers.isEmpty ? [] : [.send(Self.event(event, argument, attachments: attachments), to: receivers)]
    }

    private static func event(
        _ event: DemoServerEvent, _ argument: JSONValue, attachments: [ByteBuffer] = []
    ) -> SocketPacket {
        SocketPacket(
            kind: .event, namespace: event.namespace, json: [JSONValue(event.rawValue), argument],
            attachments: attachments)
    }
}
