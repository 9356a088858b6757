package import EngineIOCore
import NIOCore
package import SiphonCore
package import SocketIOCore

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A condition on events, in the one language of search, live view, rules and assertions.
///
/// A value: parsed once, asked from any thread. The empty filter matches everything. Two filters are equal when they
/// say the same, whatever their text looked like.
package struct Filter: Hashable, Sendable {
    /// Longest text that is parsed, in bytes of UTF-8.
    package static let lengthLimitBytes = 4096
    /// Deepest nesting of parentheses and `not`.
    package static let depthLimit = 64
    /// Most terms of one filter, bare words included.
    package static let termLimit = 100

    /// Behind one reference, since filters are handed on with every packet.
    private final class Form: Sendable {
        let source: String
        let root: FilterNode
        /// What is asked: `root` in the order of cost.
        let plan: FilterNode

        init(source: String, root: FilterNode) {
            self.source = source
            self.root = root
            plan = root.cheapestFirst
        }
    }

    private let form: Form

    /// The text it was parsed from.
    package var source: String { form.source }
    package var root: FilterNode { form.root }

    package static let everything = Filter(source: "", root: .everything)

    package init(parsing text: String) throws(FilterError) {
        try self.init(parsing: text, localTime: FilterTime.systemLocalTime)
    }

    /// - Parameter localTime: seconds since 1970 for a local time.
    init(parsing text: String, localTime: @escaping (tm) -> Int?) throws(FilterError) {
        self.init(source: text, root: try FilterParser.parse(text, localTime: localTime))
    }

    private init(source: String, root: FilterNode) { form = Form(source: source, root: root) }

    /// The filter in its canonical spelling.
    package var text: String { FilterPrinter.text(root) }

    /// Whether it is made of `conn ns transport eio parser` alone, and so can be asked of a connection.
    package var onlyNamesConnections: Bool {
        root.allTerms { term in
            switch term {
            case .connection, .namespace, .transport, .engineVersion, .parser: true
            case .event, .from, .kind, .state, .size, .latency, .time, .mark, .value, .text: false
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
        let isMatch = form.plan.matches(event, &reading)
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
        form.plan.likelihood(packet, context) != .no
    }

    /// Why no rule can ask this, in a sentence; nil where rules can.
    package var obstacleInRules: String? {
        var obstacle: String?
        _ = root.allTerms { term in
            obstacle = term.obstacleInRules
            return obstacle == nil
        }
        return obstacle
    }
}

extension FilterTerm {
    fileprivate var obstacleInRules: String? {
        switch self {
        case .kind(let kinds):
            kinds.first { !Self.kindsOfPackets.contains($0) }.map {
                "rules see event, ack, connect, connect_error and disconnect; kind:\($0.word) is no packet"
            }
        case .state(let states):
            states.first { $0 != .ack(.pending) }.map {
                "is:\($0.word) is decided after the rules; in a rule only is:pending can be asked"
            }
        case .latency: "latency: is known when the ack has come, after the rules"
        default: nil
        }
    }

    private static let kindsOfPackets: Set<EventKind> = [.event, .ack, .connect, .connectError, .disconnect]
}
