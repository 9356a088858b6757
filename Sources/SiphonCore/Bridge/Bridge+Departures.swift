import NIOCore
import SocketIOCore

/// From the chain's decision to the other hop: what leaves at once, what waits, what is dropped, and what is sent
/// besides.
extension Bridge {
    func carryOut(
        _ decision: EventDecision, on packet: SocketPacket, _ context: EventContext, isInjected: Bool = false,
        at moment: Moment
    ) {
        // What it emits goes out before it ends the connection.
        decisionDepth += 1
        defer { endDecision(at: moment) }
        var departure = Departure(packet: decision.packet ?? packet, context: context)
        departure.rules = decision.rules
        departure.isInjected = isInjected
        departure.shaping = decision.shaping
        if isInjected { departure.verdicts.append(.injected) }
        if decision.packet == nil {
            drop(departure, answer: decision.answer, at: moment)
        } else {
            if departure.packet != packet {
                departure.original = packet
                departure.verdicts.append(.modified)
            }
            depart(departure, at: moment)
        }
        // All of one decision before what they cause themselves.
        let emissions = (decision.shaping?.emissions ?? []).filter { emissionBudget.take($0.packet) }
        for emission in emissions { emit(emission, depth: context.emissionDepth, at: moment) }
    }

    private func endDecision(at moment: Moment) {
        decisionDepth -= 1
        guard decisionDepth == 0, let disconnection = endAfterDecision else { return }
        endAfterDecision = nil
        end(by: disconnection, at: moment)
    }

    // MARK: Leaving

    /// Sends a packet on, or keeps it back where it, or one before it, has to wait.
    func depart(_ departure: Departure, at moment: Moment) {
        var departure = departure
        let shaping = departure.shaping
        departure.due = moment.monotonic + (shaping?.delay ?? .zero)
        if departure.due > moment.monotonic { departure.verdicts.append(.delayed) }
        if let throttles = shaping?.throttles, !throttles.isEmpty {
            let due = throttles.reduce(departure.due) { turns.take($1, from: departure.context.from, at: $0) }
            if due > departure.due { departure.verdicts.append(.throttled) }
            departure.due = due
        }
        guard !lanes.isEmpty || departure.due > moment.monotonic || shaping?.reordering != nil else {
            return leave(departure, at: moment)
        }
        keep(departure, at: moment)
    }

    private func keep(_ departure: Departure, at moment: Moment) {
        let side = departure.context.from
        guard lanes.bytes(from: side) <= limits.queuedBytes else {
            drop([departure])
            output?.bridge(overflows: side, at: moment)
            return
        }
        let lane = Lanes.Key(from: side, namespace: departure.packet.namespace)
        // Nothing of a namespace may follow its disconnect (protocol reference, bridging and ordering).
        if departure.packet.kind == .disconnect { lanes.dissolveGroups(in: lane) }
        if let place = departure.shaping?.reordering, departure.packet.kind.isEvent {
            var departure = departure.detached()
            departure.verdicts.append(.reordered)
            lanes.add(departure, place, to: lane, at: moment.monotonic)
            return departDue(at: moment)
        }
        guard departure.due > moment.monotonic || lanes.isOccupied(lane) else { return leave(departure, at: moment) }
        lanes.add(departure.detached(), to: lane)
        departDue(at: moment)
    }

    /// Lets go what rules kept back until now.
    func departDue(at moment: Moment) {
        while let departure = lanes.next(at: moment.monotonic) { leave(departure, at: moment) }
    }

    func leave(_ departure: Departure, at moment: Moment) {
        var departure = departure
        forward(departure.packet, from: departure.context.from, at: moment)
        if let shaping = departure.shaping, shaping.copies > 1, departure.packet.kind.isEvent {
            departure.verdicts.append(.duplicated)
            for _ in 1..<shaping.copies { sendCopy(of: departure.packet, from: departure.context.from, at: moment) }
        }
        recorder.record(departure.record(adding: .forwarded))
        end(by: departure.shaping?.disconnection, at: moment)
    }

    /// Sends a packet on, and takes note of what that means for namespaces and ack ids. What a rule dropped never
    /// happened, what it changed happened as changed.
    func forward(_ packet: borrowing SocketPacket, from side: Side, at moment: Moment) {
        guard packet.kind.isEvent else {
            send(packet, to: side.other, at: moment)
            return follow(copy packet, from: side)
        }
        guard packet.envelope.ackID.count >= InjectionTable.digits, let id = packet.ackID,
            namespaces.isKnown(packet.namespace),
            let free = injections.note(ackID: id, namespace: packet.namespace, to: side.other)
        else { return send(packet, to: side.other, at: moment) }
        send(packet.with(ackID: free), to: side.other, at: moment)
    }

    /// A second ack of one id would confuse its receiver: a copy has an id of its own, whose ack nobody hears.
    private func sendCopy(of packet: SocketPacket, from side: Side, at moment: Moment) {
        guard packet.wantsAck else { return send(packet, to: side.other, at: moment) }
        let id = injections.unheardID(namespace: packet.namespace, acknowledgedBy: side.other)
        send(packet.with(ackID: id), to: side.other, at: moment)
    }

    // MARK: Dropping

    /// Records what goes nowhere. The answer goes to the sender in the place of the side that never saw the event.
    private func drop(_ departure: Departure, answer: SocketPacket?, at moment: Moment) {
        let packet = departure.packet
        let shaping = departure.shaping
        guard let answer, packet.wantsAck else {
            drop([departure])
            return end(by: shaping?.disconnection, at: moment)
        }
        var dropped = departure
        dropped.verdicts.append(.dropped)
        recorder.record(dropped.record(adding: .replied))
        let from = departure.context.from.other
        var ack = Departure(packet: answer, context: context(from: from, at: moment))
        ack.rules = departure.rules
        ack.isInjected = true
        ack.verdicts.append(.replied)
        var waiting = EventShaping()
        waiting.delay = shaping?.delay ?? .zero
        waiting.disconnection = shaping?.disconnection
        ack.shaping = waiting
        depart(ack, at: moment)
    }

    private func end(by disconnection: EventShaping.Disconnection?, at moment: Moment) {
        guard let disconnection, !isEnding else { return }
        guard decisionDepth == 0 else {
            endAfterDecision = endAfterDecision ?? disconnection
            return
        }
        output?.bridge(disconnects: disconnection.method, because: disconnection.rule, at: moment)
    }

    func drop(_ departures: [Departure]) {
        for departure in departures { recorder.record(departure.record(adding: .dropped)) }
    }

    /// Nobody is in the namespace any more: what waits to be sent there goes nowhere, and no ack will come.
    func leave(_ namespace: String, because side: Side) {
        drop(lanes.takeStranded(in: Lanes.Key(from: side.other, namespace: namespace)))
        guard namespaces.isKnown(namespace) else { return }
        namespaces.leave(namespace)
        for lost in injections.forget(namespace: namespace) { output?.bridge(abandons: lost) }
    }

    // MARK: Emissions

    private func emit(_ emission: Emission, depth: Int, at moment: Moment) {
        guard emission.after > .zero else { return pass(emission, depth: depth, at: moment) }
        let due = moment.monotonic + emission.after
        guard emissionTimers.add(EmissionTimers.Entry(due: due, emission: emission.detached(), depth: depth)) else {
            return dropEmission(emission, depth: depth, at: moment)
        }
    }

    func emitDue(at moment: Moment) {
        while let entry = emissionTimers.next(at: moment.monotonic) {
            emissionBudget = wholeEmissionBudget
            pass(entry.emission, depth: entry.depth, at: moment)
        }
    }

    /// Takes an emission through the chain, as an event of the side that it pretends to come from.
    private func pass(_ emission: Emission, depth: Int, at moment: Moment) {
        guard !isClosed, depth < Limits.emissionDepth, namespaces.isJoined(emission.packet.namespace),
            fits(emission.packet, to: emission.to)
        else {
            return dropEmission(emission, depth: depth, at: moment)
        }
        let context = context(from: emission.to.other, at: moment, emissionDepth: depth + 1)
        var decision = EventDecision(packet: emission.packet)
        if chain.wants(emission.packet, context: context) {
            decision = chain.handle(emission.packet, context: context)
        }
        decision.rules = [emission.rule] + decision.rules
        carryOut(decision, on: emission.packet, context, isInjected: true, at: moment)
    }

    func dropEmission(_ emission: Emission, depth: Int, at moment: Moment) {
        let context = context(from: emission.to.other, at: moment, emissionDepth: depth + 1)
        var departure = Departure(packet: emission.packet, context: context)
        departure.rules = [emission.rule]
        departure.isInjected = true
        departure.verdicts.append(.injected)
        drop([departure])
    }
}
