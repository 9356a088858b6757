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
        case .event(let patterns):
            guard let name = event.name else { return false }
            return patterns.contains { $0.matches(name) }
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
        case .text(let words):
            let text = reading.searchableText(of: event)
            return words.contains { $0.isFound(in: text) }
        }
    }

    func likelihood(_ packet: borrowing SocketPacket, _ context: borrowing EventContext) -> FilterLikelihood {
        switch self {
        case .event(let patterns): FilterLikelihood(packet.nameMatches(patterns))
        case .namespace(let patterns): FilterLikelihood(packet.namespaceMatches(patterns))
        case .connection(let ids): FilterLikelihood(ids.contains(context.connection))
        case .from(let sides): FilterLikelihood(sides.contains(context.from))
        case .kind(let kinds): FilterLikelihood(kinds.contains(EventKind(packet.envelope.kind)))
        case .state(let states): FilterLikelihood(states.contains(.ack(.pending)) && packet.wantsAck)
        case .transport(let transports): FilterLikelihood(transports.contains(context.transport))
        case .engineVersion(let versions): FilterLikelihood(versions.contains(context.engineVersion))
        case .parser(let parsers): FilterLikelihood(parsers.contains(.json))
        case .text: .maybe
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
    fileprivate func nameMatches(_ patterns: [TextPattern]) -> Bool {
        let name = envelope.name
        guard envelope.kind.isEvent, name.lowerBound > envelope.payloadOffset else { return false }
        return withPlainBytes(of: name) { bytes in
            patterns.contains { $0.matches(bytes) }
        } ?? eventName.map { name in patterns.contains { $0.matches(name) } } ?? false
    }

    fileprivate func namespaceMatches(_ patterns: [TextPattern]) -> Bool {
        guard !envelope.namespace.isEmpty else {
            return withUnsafeBytes(of: UInt8(ascii: "/")) { root in patterns.contains { $0.matches(root) } }
        }
        return withPlainBytes(of: envelope.namespace) { bytes in
            patterns.contains { $0.matches(bytes) }
        } ?? { name in patterns.contains { $0.matches(name) } }(namespace)
    }

    /// Nil where the bytes are not what they mean: with an escape, or perhaps with broken UTF-8.
    private func withPlainBytes(of range: Range<Int>, _ body: (UnsafeRawBufferPointer) -> Bool) -> Bool? {
        text.bytes.withUnsafeReadableBytes { bytes in
            guard range.lowerBound >= 0, range.upperBound <= bytes.count else { return nil }
            let plain = UnsafeRawBufferPointer(rebasing: bytes[range])
            return plain.allSatisfy { $0 < 0x80 && $0 != 0x5C } ? body(plain) : nil
        }
    }
}
