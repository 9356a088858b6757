import EngineIOCore
import NIOCore
import SiphonCore
import SocketIOCore

extension FilterNode {
    func matches(_ event: some EventView, _ reading: inout EventReading) -> Bool {
        switch self {
        case .everything: return true
        case .term(let term): return term.matches(event, &reading)
        case .not(let inner): return !inner.matches(event, &reading)
        case .all(let parts):
            for part in parts where !part.matches(event, &reading) { return false }
            return true
        case .any(let parts):
            for part in parts where part.matches(event, &reading) { return true }
            return false
        }
    }

    func likelihood(_ packet: borrowing SocketPacket, _ context: borrowing EventContext) -> FilterLikelihood {
        switch self {
        case .everything: return .yes
        case .term(let term): return term.likelihood(packet, context)
        case .not(let inner): return inner.likelihood(packet, context).negated
        case .all(let parts):
            var least = FilterLikelihood.yes
            for part in parts {
                least = min(least, part.likelihood(packet, context))
                if least == .no { break }
            }
            return least
        case .any(let parts):
            var most = FilterLikelihood.no
            for part in parts {
                most = max(most, part.likelihood(packet, context))
                if most == .yes { break }
            }
            return most
        }
    }
}

extension FilterTerm {
    func matches(_ event: some EventView, _ reading: inout EventReading) -> Bool {
        switch self {
        case .event(let conditions):
            guard let name = event.name else { return false }
            return conditions.contains { $0.matches(name, &reading) }
        case .namespace(let patterns):
            let namespace = event.namespace
            return patterns.contains { $0.matches(namespace) }
        case .connection(let ids): return ids.contains(event.connection)
        case .from(let sides): return sides.contains(event.from)
        case .kind(let kinds): return kinds.contains(event.kind)
        case .state(let states): return states.contains { $0.isStateOf(event) }
        case .transport(let transports): return transports.contains(event.transport)
        case .engineVersion(let versions): return versions.contains(event.engineVersion)
        case .parser(let parsers): return parsers.contains(.json)
        case .size(let sizes):
            let size = Int64(event.sizeBytes)
            return sizes.contains { $0.holds(for: size) }
        case .latency(let latencies):
            guard let latency = event.ackLatencyNanoseconds.map(FilterDuration.init) else { return false }
            return latencies.contains { $0.holds(for: latency) }
        case .time(let times): return times.contains { $0.holds(for: event.time, now: reading.now) }
        case .mark(let conditions):
            return event.marks.contains { mark in conditions.contains { $0.matches(mark, &reading) } }
        case .value(let path, let values): return reading.holds(event, at: path, values)
        case .text(let words):
            let text = reading.searchableText(of: event)
            return words.contains { $0.isFound(in: text) }
        }
    }

    func likelihood(_ packet: borrowing SocketPacket, _ context: borrowing EventContext) -> FilterLikelihood {
        switch self {
        case .event(let conditions): packet.likelihood(ofName: conditions)
        case .namespace(let patterns): FilterLikelihood(packet.namespaceMatches(patterns))
        case .connection(let ids): FilterLikelihood(ids.contains(context.connection))
        case .from(let sides): FilterLikelihood(sides.contains(context.from))
        case .kind(let kinds): FilterLikelihood(kinds.contains(EventKind(packet.kind)))
        case .state(let states): FilterLikelihood(packet.wantsAck && states.contains(.ack(.pending)))
        case .transport(let transports): FilterLikelihood(transports.contains(context.transport))
        case .engineVersion(let versions): FilterLikelihood(versions.contains(context.engineVersion))
        case .parser(let parsers): FilterLikelihood(parsers.contains(.json))
        case .size(let sizes): FilterLikelihood(packet.matchesSize(sizes))
        case .latency: .no
        case .time(let times):
            FilterLikelihood(times.contains { [wall = context.moment.wall] in $0.holds(for: wall, now: wall) })
        // Earlier rules may have given some since.
        case .mark: .maybe
        case .value(let path, _):
            switch path.root {
            case .name: packet.envelope.hasName ? .maybe : .no
            case .arguments: packet.hasPayload ? .maybe : .no
            case .acknowledgement: packet.kind.isAck ? .maybe : .no
            }
        case .text: .maybe
        }
    }
}

extension Comparison<FilterTime> {
    fileprivate func holds(for time: Int64, now: Int64) -> Bool {
        holds { bound in
            let bound = bound.nanoseconds(now: now)
            return time < bound ? -1 : time == bound ? 0 : 1
        }
    }
}

extension FilterState {
    fileprivate func isStateOf(_ event: some EventView) -> Bool {
        switch self {
        case .verdict(let verdict): event.verdicts.contains(verdict)
        case .ack(let state): event.ackState == state
        }
    }
}

extension SocketPacket {
    fileprivate func likelihood(ofName conditions: [TextCondition]) -> FilterLikelihood {
        guard envelope.hasName else { return .no }
        let likelihood = withPlainBytes(of: envelope.name) { name in
            conditions.reduce(.no) { max($0, $1.likelihood { $0.matches(name) }) }
        }
        if let likelihood { return likelihood }
        guard let name = eventName else { return .no }
        return conditions.reduce(.no) { max($0, $1.likelihood { $0.matches(name) }) }
    }

    fileprivate func matchesSize(_ sizes: [Comparison<Int64>]) -> Bool {
        let size = Int64(sizeBytes)
        return sizes.contains { $0.holds(for: size) }
    }

    fileprivate var hasPayload: Bool { envelope.payloadOffset < text.bytes.readableBytes }

    fileprivate func namespaceMatches(_ patterns: [TextPattern]) -> Bool {
        guard !envelope.namespace.isEmpty else {
            return withUnsafeBytes(of: UInt8(ascii: "/")) { root in patterns.contains { $0.matches(root) } }
        }
        return withPlainBytes(of: envelope.namespace) { bytes in
            patterns.contains { $0.matches(bytes) }
        } ?? { name in patterns.contains { $0.matches(name) } }(namespace)
    }

    /// Nil where the bytes are not what they mean: with an escape, or perhaps with broken UTF-8.
    private func withPlainBytes<Result>(
        of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result? {
        text.bytes.withUnsafeReadableBytes { bytes in
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
            let plain = UnsafeRawBufferPointer(rebasing: bytes[range])
            return plain.allSatisfy { $0 < 0x80 && $0 != 0x5C } ? body(plain) : nil
        }
    }
}

extension TextCondition {
    /// What a pattern says; an expression is asked later, when its fault can be told.
    fileprivate func likelihood(_ matches: (TextPattern) -> Bool) -> FilterLikelihood {
        switch self {
        case .pattern(let pattern): FilterLikelihood(matches(pattern))
        case .expression: .maybe
        }
    }
}

extension PacketEnvelope {
    var hasName: Bool { kind.isEvent && name.lowerBound > payloadOffset }
}
