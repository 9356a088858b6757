import EngineIOCore
import NIOCore
import SocketIOCore
import Synchronization

/// The beginnings of names, and the namespaces, that a set of filters is about: asked of each packet that passes, from
/// any thread and without a lock. It says no only where none of the filters can match.
///
/// `@unchecked Sendable`: the words are atomic, and their memory lives as long as this.
final class EnvelopeMask: @unchecked Sendable {
    /// As values, so that one can be made before it is put in force.
    struct Bits {
        fileprivate var words = [UInt64](repeating: 0, count: EnvelopeMask.wordCount)

        /// Some filter may match whatever the name and namespace are.
        mutating func addEverything() { words[EnvelopeMask.flagsWord] |= 1 }

        /// Names that begin so, or are that one.
        mutating func addName(_ head: TextHead) {
            guard let first = head.bytes.first else { return addEverything() }
            if head.bytes.count > 1 || head.isWhole {
                set(EnvelopeMask.nameBit(first, head.bytes.count > 1 ? head.bytes[1] : 0))
            } else {
                for second in UInt8.min ... .max { set(EnvelopeMask.nameBit(first, second)) }
            }
        }

        /// Namespaces that begin so, or are that one.
        mutating func addNamespace(_ head: TextHead) {
            guard head.isWhole else { return addEverything() }
            set(EnvelopeMask.namespaceBit(count: head.bytes.count, last: head.bytes.last ?? 0))
        }

        private mutating func set(_ bit: Int) { words[bit >> 6] |= 1 << UInt64(bit & 63) }
    }

    private static let nameBits = 1024
    private static let namespaceBits = 64
    private static let flagsWord = (nameBits + namespaceBits) / 64
    private static let wordCount = flagsWord + 1

    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    /// Odd while the words change.
    private let version = Atomic<UInt64>(0)

    init() {
        words = .allocate(capacity: Self.wordCount)
        for index in 0..<Self.wordCount { (words + index).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize(count: Self.wordCount)
        words.deallocate()
    }

    /// Puts other filters in force. Not called by two at once.
    func replace(with bits: Bits) {
        version.wrappingAdd(1, ordering: .sequentiallyConsistent)
        for index in 0..<Self.wordCount { words[index].store(bits.words[index], ordering: .sequentiallyConsistent) }
        version.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    func mayWant(_ packet: borrowing SocketPacket) -> Bool {
        let before = version.load(ordering: .acquiring)
        guard before & 1 == 0, !isWanted(packet) else { return true }
        // What was read half before a change and half after it says nothing.
        atomicMemoryFence(ordering: .acquiring)
        return version.load(ordering: .relaxed) != before
    }

    private func isWanted(_ packet: borrowing SocketPacket) -> Bool {
        if words[Self.flagsWord].load(ordering: .relaxed) != 0 { return true }
        let envelope = packet.envelope
        return packet.text.bytes.withUnsafeReadableBytes { text in
            let namespace = envelope.namespace
            let isRoot = namespace.isEmpty
            if has(
                Self.namespaceBit(
                    count: isRoot ? 1 : namespace.count,
                    last: isRoot ? UInt8(ascii: "/") : text[namespace.upperBound - 1]))
            {
                return true
            }
            let name = envelope.name
            guard envelope.hasName, name.lowerBound < text.count else { return false }
            // An empty name has the closing quote for its first byte, which begins no name that a filter asks for.
            let first = text[name.lowerBound]
            let second = name.count > 1 ? text[name.lowerBound + 1] : 0
            // An escape may stand for anything.
            return first == 0x5C || second == 0x5C || has(Self.nameBit(first, second))
        }
    }

    private func has(_ bit: Int) -> Bool {
        words[bit >> 6].load(ordering: .relaxed) >> UInt64(bit & 63) & 1 == 1
    }

    private static func nameBit(_ first: UInt8, _ second: UInt8) -> Int {
        (Int(first) &* 37 &+ Int(second)) & (nameBits - 1)
    }

    private static func namespaceBit(count: Int, last: UInt8) -> Int {
        nameBits + (count &* 7 &+ Int(last)) & (namespaceBits - 1)
    }
}

/// How the texts begin that a pattern matches.
struct TextHead: Hashable {
    let bytes: [UInt8]
    /// Whether it is the whole of them.
    let isWhole: Bool

    /// Nil for a pattern that says nothing of it.
    init?(_ pattern: TextPattern) {
        var head = String.UnicodeScalarView()
        var isWhole = true
        for piece in pattern.pieces {
            guard case .scalar(let scalar) = piece else {
                isWhole = false
                break
            }
            head.append(scalar)
        }
        guard isWhole || !head.isEmpty else { return nil }
        bytes = Array(String(head).utf8)
        self.isWhole = isWhole
    }
}
