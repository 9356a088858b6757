import EngineIOCore
import NIOCore
package import SiphonCore
package import SocketIOCore

/// Several filters, asked together by the envelope of each packet that passes: what most packets cost where none of
/// the filters is about them.
///
/// Of each filter a few facts are kept without which it cannot match: the kinds, sides and transports, and the names
/// and namespaces, by their hashes. What has those facts is asked the filter itself.
package struct FilterGate: Sendable {
    package let filters: [Filter]
    private let entries: [Entry]
    private let keys: [Key]
    private let asksNamespaces: Bool
    /// For those who come with every packet.
    let mask: EnvelopeMask.Bits

    package init(_ filters: [Filter]) {
        self.filters = filters
        var entries: [Entry] = []
        var keys: [Key] = []
        var mask = EnvelopeMask.Bits()
        for filter in filters {
            let needs = filter.needs
            needs.note(in: &mask)
            let names = keys.count
            keys += needs.names?.map(Key.init) ?? []
            let namespaces = keys.count
            keys += needs.namespaces?.map(Key.init) ?? []
            entries.append(
                Entry(
                    facts: needs.facts, names: UInt32(names), namespaces: UInt32(namespaces), end: UInt32(keys.count)))
        }
        self.entries = entries
        self.keys = keys
        self.mask = mask
        asksNamespaces = entries.contains { $0.namespaces < $0.end }
    }

    package var isEmpty: Bool { filters.isEmpty }

    /// The first filter, from `start` on, for which `mayMatch(envelopeOf:context:)` holds.
    package func first(
        from start: Int = 0, envelopeOf packet: borrowing SocketPacket, context: borrowing EventContext
    ) -> Int? {
        guard start < entries.count else { return nil }
        let facts = Facts(packet, context)
        let envelope = packet.envelope
        let (name, namespace) = packet.text.bytes.withUnsafeReadableBytes { text in
            (
                envelope.hasName ? Key.Text(text, envelope.name) : .none,
                asksNamespaces ? Key.Text(namespace: text, envelope.namespace) : .none
            )
        }
        for index in start..<entries.count {
            let entry = entries[index]
            guard entry.facts.contains(facts), holds(entry.names, entry.namespaces, for: name),
                holds(entry.namespaces, entry.end, for: namespace)
            else { continue }
            if filters[index].mayMatch(envelopeOf: packet, context: context) { return index }
        }
        return nil
    }

    private func holds(_ start: UInt32, _ end: UInt32, for text: Key.Text) -> Bool {
        guard start < end, text.isPlain else { return true }
        for index in Int(start)..<Int(end) where keys[index].mayDescribe(text) { return true }
        return false
    }

    private struct Entry: Sendable {
        let facts: Facts
        /// Where the keys of names start, where those of namespaces do, and where these end; none for any.
        let names: UInt32
        let namespaces: UInt32
        let end: UInt32
    }
}

/// One bit for each kind, side, transport and version.
private struct Facts: OptionSet, Sendable {
    let rawValue: UInt32

    static let all = Facts(rawValue: .max)
    static let kinds = Facts(rawValue: 0xFFFF)

    init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Of a packet: one bit of each.
    init(_ packet: borrowing SocketPacket, _ context: borrowing EventContext) {
        self = [
            Self.kind(EventKind(packet.envelope.kind)), .side(context.from), .transport(context.transport),
            .version(context.engineVersion),
        ]
    }

    static func kind(_ kind: EventKind) -> Facts { Facts(rawValue: 1 << UInt32(kind.rawValue)) }
    static func side(_ side: Side) -> Facts { Facts(rawValue: side == .client ? 1 << 16 : 1 << 17) }
    static func transport(_ transport: EngineTransport) -> Facts {
        Facts(rawValue: transport == .polling ? 1 << 18 : 1 << 19)
    }
    static func version(_ version: UInt8) -> Facts { Facts(rawValue: version == 3 ? 1 << 20 : 1 << 21) }

    static let sides: Facts = [.side(.client), .side(.upstream)]
    static let transports: Facts = [.transport(.polling), .transport(.webSocket)]
    static let versions: Facts = [.version(3), .version(4)]

    /// All but those of one group of which only `few` are allowed.
    static func all(but group: Facts, _ few: [Facts]) -> Facts {
        all.subtracting(group).union(Facts(few))
    }
}

/// What the beginning or the whole of a text must be, in 8 bytes each.
private struct Key: Sendable, Hashable {
    private let start: UInt64
    private let startMask: UInt64
    private let hash: UInt64
    private let hashMask: UInt64

    /// `head` says how a text begins.
    init(_ head: TextHead) {
        let text = head.bytes.withUnsafeBytes { Text($0, $0.indices) }
        if head.isWhole {
            self.init(start: 0, startMask: 0, hash: text.hash, hashMask: .max)
            return
        }
        let mask = head.bytes.count >= 8 ? .max : (1 as UInt64) << UInt64(8 * head.bytes.count) - 1
        self.init(start: text.start & mask, startMask: mask, hash: 0, hashMask: 0)
    }

    private init(start: UInt64, startMask: UInt64, hash: UInt64, hashMask: UInt64) {
        self.start = start
        self.startMask = startMask
        self.hash = hash
        self.hashMask = hashMask
    }

    func mayDescribe(_ text: Text) -> Bool { text.start & startMask == start && text.hash & hashMask == hash }

    struct Text {
        /// The first 8 bytes, the first in the lowest; zeros behind a shorter text.
        let start: UInt64
        /// Of all bytes and their number.
        let hash: UInt64
        /// Whether the bytes are what they mean: ASCII without a backslash.
        let isPlain: Bool

        static let none = Text(start: 0, hash: 0, isPlain: false)

        private init(start: UInt64, hash: UInt64, isPlain: Bool) {
            self.start = start
            self.hash = hash
            self.isPlain = isPlain
        }

        init(namespace text: UnsafeRawBufferPointer, _ range: Range<Int>) {
            guard range.isEmpty else {
                self.init(text, range)
                return
            }
            self = withUnsafeBytes(of: UInt8(ascii: "/")) { Text($0, 0..<1) }
        }

        init(_ text: UnsafeRawBufferPointer, _ range: Range<Int>) {
            guard range.lowerBound >= 0, range.upperBound <= text.count else {
                self = .none
                return
            }
            var place = range.lowerBound
            var start: UInt64 = 0
            var hash = UInt64(truncatingIfNeeded: range.count)
            var odd: UInt64 = 0
            while place < range.upperBound {
                let left = range.upperBound - place
                var word: UInt64 = 0
                if left >= 8 {
                    word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                } else {
                    for offset in (0..<left).reversed() { word = word << 8 | UInt64(text[place + offset]) }
                }
                if place == range.lowerBound { start = word }
                // The high bit of each byte that is no ASCII, or (Mycroft) a backslash, or stands behind one.
                let difference = word ^ 0x5C5C_5C5C_5C5C_5C5C
                odd |= word | (difference &- 0x0101_0101_0101_0101) & ~difference
                hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 29
                place += 8
            }
            self.init(start: start, hash: hash, isPlain: odd & 0x8080_8080_8080_8080 == 0)
        }
    }
}

/// Facts without which a filter cannot match.
private struct Needs {
    var facts = Facts.all
    /// Nil for any name; none of these and it cannot match.
    var names: [TextHead]?
    var namespaces: [TextHead]?

    static let impossible = Needs(facts: [])

    func note(in mask: inout EnvelopeMask.Bits) {
        guard !facts.isEmpty else { return }
        if let names {
            for head in names { mask.addName(head) }
        } else if let namespaces {
            for head in namespaces { mask.addNamespace(head) }
        } else {
            mask.addEverything()
        }
    }

    func and(_ other: Needs) -> Needs {
        // Both lists hold; the shorter one says more.
        func both(_ left: [TextHead]?, _ right: [TextHead]?) -> [TextHead]? {
            guard let left, let right else { return left ?? right }
            return left.count <= right.count ? left : right
        }
        return Needs(
            facts: facts.intersection(other.facts), names: both(names, other.names),
            namespaces: both(namespaces, other.namespaces))
    }

    func or(_ other: Needs) -> Needs {
        func either(_ left: [TextHead]?, _ right: [TextHead]?) -> [TextHead]? {
            guard let left, let right else { return nil }
            return left + right
        }
        return Needs(
            facts: facts.union(other.facts), names: either(names, other.names),
            namespaces: either(namespaces, other.namespaces))
    }
}

extension Filter {
    fileprivate var needs: Needs { root.needs }
}

extension FilterNode {
    fileprivate var needs: Needs {
        switch self {
        case .everything, .not: Needs()
        case .term(let term): term.needs
        case .all(let parts): parts.reduce(Needs()) { $0.and($1.needs) }
        case .any(let parts): parts.dropFirst().reduce(parts[0].needs) { $0.or($1.needs) }
        }
    }
}

extension FilterTerm {
    fileprivate var needs: Needs {
        switch self {
        case .event(let conditions):
            let keys = conditions.map { condition -> TextHead? in
                if case .pattern(let pattern) = condition { TextHead(pattern) } else { nil }
            }
            return Needs(
                facts: .all(but: .kinds, [.kind(.event)]), names: keys.contains(nil) ? nil : keys.compactMap { $0 })
        case .namespace(let patterns):
            let keys = patterns.map { TextHead($0) }
            return Needs(namespaces: keys.contains(nil) ? nil : keys.compactMap { $0 })
        case .from(let sides): return Needs(facts: .all(but: .sides, sides.map(Facts.side)))
        case .kind(let kinds): return Needs(facts: .all(but: .kinds, kinds.map(Facts.kind)))
        case .transport(let transports): return Needs(facts: .all(but: .transports, transports.map(Facts.transport)))
        case .engineVersion(let versions): return Needs(facts: .all(but: .versions, versions.map(Facts.version)))
        case .value(let path, _) where path.root == .name: return Needs(facts: .all(but: .kinds, [.kind(.event)]))
        case .value(let path, _) where path.root == .acknowledgement:
            return Needs(facts: .all(but: .kinds, [.kind(.ack)]))
        case .latency: return .impossible
        case .connection, .state, .parser, .size, .time, .mark, .value, .text: return Needs()
        }
    }
}
