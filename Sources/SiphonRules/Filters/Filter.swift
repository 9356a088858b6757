package import EngineIOCore
import NIOCore
package import SiphonCore
package import SocketIOCore

/// A condition on events, in the one language of search, live view, rules and assertions.
///
/// A value: parsed once, asked from any thread. The empty filter matches everything. Two filters are equal when they
/// say the same, whatever their text looked like.
package struct Filter: Hashable, Sendable {
    /// Longest text that is parsed, in bytes of UTF-8.
    package static let lengthLimitBytes = 4096
    /// Deepest nesting of parentheses and `not`.
    package static let depthLimit = 64

    /// The text it was parsed from.
    package let source: String
    package let root: FilterNode

    package static let everything = Filter(source: "", root: .everything)

    package init(parsing text: String) throws(FilterError) {
        root = try FilterParser.parse(text)
        source = text
    }

    private init(source: String, root: FilterNode) {
        self.source = source
        self.root = root
    }

    /// The filter in its canonical spelling.
    package var text: String { FilterPrinter.text(root) }

    /// Whether it is made of `conn ns transport eio parser` alone, and so can be asked of a connection.
    package var onlyNamesConnections: Bool {
        root.allTerms { term in
            switch term {
            case .connection, .namespace, .transport, .engineVersion, .parser: true
            case .event, .from, .kind, .state, .text: false
            }
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.root == right.root }

    package func hash(into hasher: inout Hasher) { hasher.combine(root) }
}

// MARK: Matching

extension Filter {
    /// Whether the filter matches `event`. The payload is read only where a term asks for it, and then once. Relative
    /// times count from the event's own; a filter that cannot be answered does not match.
    package func matches(_ event: some EventView) -> Bool {
        var reading = EventReading(now: event.time)
        return matches(event, reading: &reading)
    }

    /// As `matches(_:)`, for several filters on one event: `reading` keeps what one of them read. Where the filter
    /// cannot be answered, `reading.fault` says why, and it does not match, whatever `not` stands in it.
    package func matches(_ event: some EventView, reading: inout EventReading) -> Bool {
        reading.begin()
        let isMatch = root.matches(event, &reading)
        return isMatch && reading.fault == nil
    }

    /// Whether a filter that only names connections matches one, with the namespace that an event would go to.
    package func matchesConnection(
        _ connection: ConnectionID, namespace: String = "/", transport: EngineTransport, engineVersion: UInt8 = 4
    ) -> Bool {
        let packet = SocketPacket(kind: .event, namespace: namespace, payload: [])
        // No term that may be asked here looks at the time.
        let context = EventContext(
            connection: connection, from: .client, transport: transport, engineVersion: engineVersion,
            at: Moment(monotonic: .uptimeNanoseconds(0), wall: 0))
        return matches(PassingEvent(packet, context: context))
    }

    /// Whether the filter could match a packet, judged by its envelope: false only if `matches(_:)` were false as well.
    /// Reads no argument; compares the bytes of the name and the namespace where they lie, and allocates nothing unless
    /// one of them holds an escape or more than ASCII.
    package func mayMatch(envelopeOf packet: borrowing SocketPacket, context: borrowing EventContext) -> Bool {
        root.likelihood(packet, context) != .no
    }

    /// The first word behind `is:` that an event cannot have while it is still on its way.
    var stateUnknownInTransit: FilterState? {
        var found: FilterState?
        _ = root.allTerms { term in
            guard case .state(let states) = term else { return true }
            found = states.first { $0 != .ack(.pending) }
            return found == nil
        }
        return found
    }

    /// The first kind that the filter names and that is no packet, so that no rule ever sees it.
    var kindOutsideRules: EventKind? {
        var found: EventKind?
        _ = root.allTerms { term in
            guard case .kind(let kinds) = term else { return true }
            found = kinds.first { !Self.kindsOfPackets.contains($0) }
            return found == nil
        }
        return found
    }

    private static let kindsOfPackets: Set<EventKind> = [.event, .ack, .connect, .connectError, .disconnect]
}
