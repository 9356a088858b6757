import NIOCore
import SocketIOCore

/// What is emitted: sent at once, or kept until it can be, and its acks.
extension ClientMachine {
    /// Sends an emission, or keeps it where that is asked for. Where neither can be, its ack fails.
    mutating func emit(_ emission: consuming Emission, at now: NIODeadline) {
        let isJoined = isOpen && namespaces[emission.namespace]?.isJoined == true
        switch emission.kind {
        case .ack(_, session: let session):
            if isJoined, session == self.session { push(.send(emission.packet(ackID: nil))) }
        case .event(let request):
            if let request, request.isOver { return }
            if configuration.retries > 0, !emission.isVolatile, isJoined || mayKeep(emission.namespace) {
                emitUntilAcknowledged(emission, at: now)
            } else if isJoined {
                send(emission)
            } else if !emission.isVolatile, mayKeep(emission.namespace) {
                keep(emission)
            } else if let request {
                push(.answer(request, .failure(emission.isVolatile ? .volatileDropped : .disconnected)))
            }
        }
    }

    private mutating func send(_ emission: consuming Emission) {
        guard let request = emission.ackRequest else { return push(.send(emission.packet(ackID: nil))) }
        let id = nextAckID(emission.namespace)
        acks.insert(request, as: .init(namespace: emission.namespace, id: id), isSent: true)
        push(.send(emission.packet(ackID: id)))
    }

    private mutating func nextAckID(_ name: String) -> Int {
        namespaces[name, default: NamespaceSession(name: name)].nextAckID()
    }

    // MARK: Waiting for a connection

    /// Whether an event may wait until its namespace is joined: not for one that was left, until there is another
    /// connection.
    private func mayKeep(_ name: String) -> Bool {
        guard configuration.buffersOffline else { return false }
        return isIdle || plan.namespaces.contains(name) && !(isOpen && namespaces[name]?.isOver == true)
    }

    private mutating func keep(_ emission: Emission) {
        waitingBytes += emission.cost
        var id: Int?
        if let request = emission.ackRequest {
            let next = nextAckID(emission.namespace)
            acks.insert(request, as: .init(namespace: emission.namespace, id: next), isSent: false)
            id = next
        }
        namespaces[emission.namespace, default: NamespaceSession(name: emission.namespace)].waiting.append(
            .init(emission: emission, ackID: id))
    }

    /// What waits for the namespace, in order. Events whose acks have timed out meanwhile do not go any more.
    mutating func sendWaiting(_ name: String, at now: NIODeadline) {
        while let next = namespaces[name]?.waiting.popFirst() {
            waitingBytes -= next.emission.cost
            guard let id = next.ackID else {
                push(.send(next.emission.packet(ackID: nil)))
                continue
            }
            let key = AckTable.Key(namespace: name, id: id)
            guard acks.contains(key) else { continue }
            acks.markSent(key)
            push(.send(next.emission.packet(ackID: id)))
        }
        sendUnacknowledged(name, at: now)
    }

    mutating func dropWaiting(where isDropped: (String) -> Bool) {
        for (name, session) in namespaces where isDropped(name) {
            for each in Array(session.waiting) + Array(session.unacknowledged) {
                waitingBytes -= each.emission.cost
                if let id = each.ackID { _ = acks.remove(.init(namespace: name, id: id)) }
                if let request = each.emission.ackRequest { push(.answer(request, .failure(.disconnected))) }
            }
            namespaces[name]?.waiting = CircularBuffer()
            namespaces[name]?.unacknowledged = CircularBuffer()
            forgetAttempt(name)
        }
    }

    // MARK: Acks

    mutating func receive(_ answer: AckRequest.Answer, for key: AckTable.Key, at now: NIODeadline) {
        guard let request = acks.remove(key) else { return }
        if namespaces[key.namespace]?.attempt.ackID == key.id {
            return acknowledged(key.namespace, with: answer, at: now)
        }
        push(.answer(request, answer))
    }

    /// Events that have left get no ack any more. Those that are sent until they are acknowledged go again.
    mutating func failAcks(of name: String) {
        for request in acks.removeSent(of: name) { push(.answer(request, .failure(.disconnected))) }
        namespaces[name]?.attempt.ackID = nil
    }

    /// Nobody waits for that ack any more. Its event does not go, if it has not gone.
    mutating func forget(_ request: AckRequest, at now: NIODeadline) {
        acks.remove(request)
        guard let name = request.key?.namespace, let queue = namespaces[name]?.unacknowledged else { return }
        if let index = queue.firstIndex(where: { $0.emission.ackRequest === request }) {
            remove(unacknowledged: index, of: name, at: now)
        }
    }

    mutating func expireAcks(at now: NIODeadline) {
        while let (key, request) = acks.popExpired(at: now) { expire(key, request, at: now) }
    }

    private mutating func expire(_ key: AckTable.Key, _ request: AckRequest, at now: NIODeadline) {
        let name = key.namespace
        guard namespaces[name]?.attempt.ackID == key.id, let attempt = namespaces[name]?.attempt else {
            push(.answer(request, .failure(.ackTimeout)))
            return forget(request, at: now)
        }
        guard attempt.count <= configuration.retries else {
            return acknowledged(name, with: .failure(.ackTimeout), at: now)
        }
        namespaces[name]?.attempt.ackID = nil
        sendUnacknowledged(name, at: now)
    }

    // MARK: Retries

    /// Its own time runs under an id that no packet has, whichever attempts there are.
    private mutating func emitUntilAcknowledged(_ emission: Emission, at now: NIODeadline) {
        waitingBytes += emission.cost
        var id: Int?
        if let request = emission.ackRequest {
            let next = namespaces[emission.namespace, default: NamespaceSession(name: emission.namespace)].nextOwnID()
            acks.insert(request, as: .init(namespace: emission.namespace, id: next), isSent: false)
            id = next
        }
        namespaces[emission.namespace, default: NamespaceSession(name: emission.namespace)].unacknowledged.append(
            .init(emission: emission, ackID: id))
        sendUnacknowledged(emission.namespace, at: now)
    }

    /// Sends the head of the queue, with a new id each time, unless it is under way.
    private mutating func sendUnacknowledged(_ name: String, at now: NIODeadline) {
        guard let session = namespaces[name], isOpen, session.isJoined, session.attempt.ackID == nil,
            let emission = session.unacknowledged.first?.emission
        else { return }
        let id = nextAckID(name)
        namespaces[name]?.attempt.ackID = id
        namespaces[name]?.attempt.count += 1
        // Who emitted it is told by `acknowledged`, whichever attempt it was.
        let request = AckRequest(timeout: configuration.retryTimeout, at: now) { _ in }
        acks.insert(request, as: .init(namespace: name, id: id), isSent: true)
        push(.send(emission.packet(ackID: id)))
    }

    private mutating func acknowledged(_ name: String, with answer: AckRequest.Answer, at now: NIODeadline) {
        guard let first = namespaces[name]?.unacknowledged.first else { return }
        if let request = first.emission.ackRequest { push(.answer(request, answer)) }
        remove(unacknowledged: namespaces[name]?.unacknowledged.startIndex, of: name, at: now)
    }

    private mutating func remove(
        unacknowledged index: CircularBuffer<NamespaceSession.Waiting>.Index?, of name: String, at now: NIODeadline
    ) {
        guard let index, let queue = namespaces[name]?.unacknowledged else { return }
        let isFirst = index == queue.startIndex
        guard let removed = namespaces[name]?.unacknowledged.remove(at: index) else { return }
        waitingBytes -= removed.emission.cost
        if let id = removed.ackID { _ = acks.remove(.init(namespace: name, id: id)) }
        guard isFirst else { return }
        forgetAttempt(name)
        sendUnacknowledged(name, at: now)
    }

    private mutating func forgetAttempt(_ name: String) {
        if let id = namespaces[name]?.attempt.ackID { _ = acks.remove(.init(namespace: name, id: id)) }
        namespaces[name]?.attempt = .init()
    }
}
