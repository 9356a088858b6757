/// A compiled glob: an automaton without backtracking whose states are bits, so that matching takes
/// `bytes × (length of the pattern / 64 + 1)` steps whatever the text is.
///
/// State `i` means: the first `i` elements (literal bytes and `?`) have been matched. A `*` before element `i` is a
/// loop on state `i`.
struct Glob: Sendable {
    /// Words of 64 states.
    private let width: Int
    private let acceptBit: Int
    /// Which row of `rows` says what the byte matches; 0 for a byte that no literal names.
    private let rowOfByte: [UInt8]
    /// For each row `width` words: the states that go on to their next state with such a byte. Row 0 and the rows of
    /// single bytes contain the `?` states for bytes that start a character.
    private let rows: [UInt64]
    /// As row 0, for bytes that go on within a character: a `?` takes none of them as its first.
    private let loops: [UInt64]
    /// The states behind a `?`, which stay while the character goes on.
    private let behindOne: [UInt64]

    init(_ pieces: [TextPattern.Piece]) {
        var elements: [UInt8?] = []  // nil for `?`
        var stars: Set<Int> = []
        for piece in pieces {
            switch piece {
            case .scalar(let scalar): elements.append(contentsOf: String(scalar).utf8.map { $0 })
            case .one: elements.append(nil)
            case .any: stars.insert(elements.count)
            }
        }
        let width = elements.count / 64 + 1
        var loops = [UInt64](repeating: 0, count: width)
        var behindOne = loops
        var ones = loops
        for state in stars { loops[state / 64] |= 1 << UInt64(state % 64) }
        var rowOfByte = [UInt8](repeating: 0, count: 256)
        var bytes: [UInt8] = []
        for (state, element) in elements.enumerated() {
            if let byte = element {
                guard rowOfByte[Int(byte)] == 0 else { continue }
                bytes.append(byte)
                rowOfByte[Int(byte)] = UInt8(truncatingIfNeeded: bytes.count)  // below 245: no UTF-8 byte is above 0xF4
            } else {
                ones[state / 64] |= 1 << UInt64(state % 64)
                behindOne[(state + 1) / 64] |= 1 << UInt64((state + 1) % 64)
            }
        }
        var rows = ones
        for byte in bytes {
            var row = Self.isContinuation(byte) ? [UInt64](repeating: 0, count: width) : ones
            for (state, element) in elements.enumerated() where element == byte {
                row[state / 64] |= 1 << UInt64(state % 64)
            }
            rows.append(contentsOf: row)
        }
        self.width = width
        acceptBit = elements.count
        self.rowOfByte = rowOfByte
        self.rows = rows
        self.loops = loops
        self.behindOne = behindOne
    }

    func matches(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var steps = 0
        return matches(bytes, steps: &steps)
    }

    /// `steps` grows by one for each word of states looked at.
    func matches(_ bytes: UnsafeRawBufferPointer, steps: inout Int) -> Bool {
        width == 1 ? matchesNarrow(bytes, steps: &steps) : matchesWide(bytes, steps: &steps)
    }

    private func matchesNarrow(_ bytes: UnsafeRawBufferPointer, steps: inout Int) -> Bool {
        var states: UInt64 = 1
        for byte in bytes {
            steps += 1
            let isContinuation = Self.isContinuation(byte)
            let row = Int(rowOfByte[Int(byte)])
            let taken = row == 0 && isContinuation ? 0 : rows[row]
            states = (states & taken) << 1 | states & loops[0] | (isContinuation ? states & behindOne[0] : 0)
            if states == 0 { return false }
        }
        return states >> UInt64(acceptBit) & 1 == 1
    }

    private func matchesWide(_ bytes: UnsafeRawBufferPointer, steps: inout Int) -> Bool {
        var states = [UInt64](repeating: 0, count: width)
        states[0] = 1
        for byte in bytes {
            let isContinuation = Self.isContinuation(byte)
            let row = Int(rowOfByte[Int(byte)])
            let takesNone = row == 0 && isContinuation
            var carry: UInt64 = 0
            var alive: UInt64 = 0
            for word in 0..<width {
                steps += 1
                let taken = takesNone ? 0 : states[word] & rows[row * width + word]
                let stay = states[word] & (isContinuation ? loops[word] | behindOne[word] : loops[word])
                states[word] = taken << 1 | carry | stay
                carry = taken >> 63
                alive |= states[word]
            }
            if alive == 0 { return false }
        }
        return states[acceptBit / 64] >> UInt64(acceptBit % 64) & 1 == 1
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
