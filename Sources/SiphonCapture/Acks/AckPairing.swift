import SiphonCore
import SocketIOCore

/// Finds the event that an ack answers. Used on the capture's queue only.
///
/// What it knows of an event goes when the event is evicted, so that its tables never hold more than the events in
/// memory that want an ack.
final class AckPairing {
    /// Where an event's record lies; its chunk stays as long.
    private struct Event {
        let id: UInt64
        let chunk: RecordChunk
        let offset: Int

        var isAnswered = false

        var record: RecordReader { RecordReader(chunk: chunk, offset: offset) }

        func settle(_ state: AckLink.State, by ack: UInt64 = 0, latencyNanoseconds: Int64 = 0) {
            record.setLink(AckLink(event: ack, latencyNanoseconds: latencyNanoseconds, state: state))
        }
    }

    private final class Namespace {
        /// Events since the namespace was last left, answered or not.
        var current: [AckKey: Event] = [:]
        /// Events from before. Apart, so that leaving again and again never walks them twice.
        var ended: [AckKey: Event] = [:]

        var isEmpty: Bool { current.isEmpty && ended.isEmpty }

        func end() {
            for event in current.values where !event.isAnswered { event.settle(.unanswered) }
            ended.merge(current) { _, last in last }
            current.removeAll()
        }
    }

    private struct Place {
        let namespace: String
        let key: AckKey
    }

    private let limits: CaptureLimits
    private var connections: [UInt64: [String: Namespace]] = [:]

    init(limits: CaptureLimits) { self.limits = limits }

    /// Events that are known here.
    var count: Int {
        connections.values.reduce(0) { $1.values.reduce($0) { $0 + $1.current.count + $1.ended.count } }
    }

    /// Takes note of a record that has come in, and links it to its other half.
    func add(_ record: RecordReader, id: UInt64) {
        let connection = record.header.connection
        switch record.kind {
        case .event:
            guard let place = place(of: record, answerer: record.from.other) else { return }
            addEvent(Event(id: id, chunk: record.chunk, offset: record.offset), at: place, in: connection)
        case .ack:
            addAck(record, id: id)
        case .disconnect where record.isPacket && !Verdicts(packed: record.header.verdicts).contains(.dropped):
            guard let namespace = record.withEnvelope({ namespace($0, $1) }) ?? nil else { return }
            connections[connection]?[namespace]?.end()
        case .close:
            for namespace in connections.removeValue(forKey: connection).map({ Array($0.values) }) ?? [] {
                namespace.end()
            }
        default: break
        }
    }

    /// Forgets an event that is evicted.
    func remove(_ record: RecordReader, id: UInt64) {
        let connection = record.header.connection
        guard record.header.wantsAck, let place = place(of: record, answerer: record.from.other),
            let namespace = connections[connection]?[place.namespace]
        else { return }
        if namespace.current[place.key]?.id == id {
            namespace.current[place.key] = nil
        } else if namespace.ended[place.key]?.id == id {
            namespace.ended[place.key] = nil
        }
        guard namespace.isEmpty else { return }
        connections[connection]?[place.namespace] = nil
        if connections[connection]?.isEmpty == true { connections[connection] = nil }
    }

    func removeAll() { connections.removeAll() }

    // MARK: One record

    private func addEvent(_ event: Event, at place: Place, in connection: UInt64) {
        guard let namespace = makeNamespace(place.namespace, in: connection) else { return }
        guard let before = namespace.current.updateValue(event, forKey: place.key), !before.isAnswered else { return }
        // The sender used the id again: an ack can no longer mean the event before.
        before.settle(.unanswered)
    }

    private func addAck(_ record: RecordReader, id: UInt64) {
        guard let place = place(of: record, answerer: record.from),
            let namespace = connections[record.header.connection]?[place.namespace]
        else { return record.setLink(AckLink(state: .unknown)) }
        guard let index = namespace.current.index(forKey: place.key) else {
            guard let event = namespace.ended[place.key] else { return record.setLink(AckLink(state: .unknown)) }
            return record.setLink(AckLink(event: event.id, state: event.isAnswered ? .duplicate : .late))
        }
        let event = namespace.current.values[index]
        guard !event.isAnswered else { return record.setLink(AckLink(event: event.id, state: .duplicate)) }
        namespace.current.values[index].isAnswered = true
        let (latency, overflows) = record.header.time.subtractingReportingOverflow(event.record.header.time)
        event.settle(.answered, by: id, latencyNanoseconds: overflows ? 0 : max(0, latency))
        record.setLink(AckLink(event: event.id))
    }

    // MARK: Where a record belongs

    private func place(of record: RecordReader, answerer: Side) -> Place? {
        guard record.header.flags.contains(.linked) else { return nil }
        let place = record.withEnvelope { envelope, text -> Place? in
            guard let key = AckKey(text[envelope.ackID], answerer: answerer),
                let namespace = namespace(envelope, text)
            else { return nil }
            return Place(namespace: namespace, key: key)
        }
        return place ?? nil
    }

    private func namespace(_ envelope: PacketEnvelope, _ text: UnsafeRawBufferPointer) -> String? {
        guard envelope.namespace.count <= limits.namespaceBytesPaired else { return nil }
        return String(decoding: text[envelope.namespace], as: UTF8.self)
    }

    private func makeNamespace(_ name: String, in connection: UInt64) -> Namespace? {
        if let namespace = connections[connection]?[name] { return namespace }
        guard (connections[connection]?.count ?? 0) < limits.namespacesPaired else { return nil }
        let namespace = Namespace()
        connections[connection, default: [:]][name] = namespace
        return namespace
    }
}
