/// What a terminal sends for a key, or for text that is pasted.
enum Key: Equatable {
    case text(String)
    case enter, tab, backspace, delete
    case left, right, up, down, home, end
    case wordLeft, wordRight, deleteWordLeft, deleteWordRight
    /// With a lower-case letter; those that are one of the keys above come as these.
    case control(Character)
}

/// Makes keys of a terminal's bytes, however they are cut. Does no I/O.
///
/// The escape key by itself does nothing: nobody can tell it from the beginning of another key without a clock.
struct KeyReader {
    private enum State {
        case plain
        case escape
        /// Behind `ESC [`, with the parameters so far.
        case control([UInt8])
        /// Behind `ESC O`.
        case applicationKey
        /// Between the two ends of bracketed paste.
        case paste([UInt8])
    }

    private var state = State.plain
    /// The bytes of a character that is not whole, and of those before it.
    private var text: [UInt8] = []

    private static let parametersLimit = 32
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    /// Of what is pasted the rest is left out.
    private static let pasteLimit = 1 << 20

    mutating func read(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes { read(byte, &keys) }
        takeText(&keys)
        return keys
    }

    private mutating func read(_ byte: UInt8, _ keys: inout [Key]) {
        switch state {
        case .plain:
            guard byte < 0x20 || byte == 0x7F else { return text.append(byte) }
            takeText(&keys)
            text = []
            if byte == 0x1B { state = .escape } else if let key = Self.key(control: byte) { keys.append(key) }
        case .escape:
            state = .plain
            switch byte {
            case UInt8(ascii: "["): state = .control([])
            case UInt8(ascii: "O"): state = .applicationKey
            case 0x1B: state = .escape
            case UInt8(ascii: "b"): keys.append(.wordLeft)
            case UInt8(ascii: "f"): keys.append(.wordRight)
            case UInt8(ascii: "d"): keys.append(.deleteWordRight)
            case 0x7F, 0x08: keys.append(.deleteWordLeft)
            default: return
            }
        case .applicationKey:
            state = .plain
            if let key = Self.key(final: byte, isWord: false) { keys.append(key) }
        case .control(let parameters):
            switch byte {
            case 0x20...0x3F: state = .control(Array((parameters + [byte]).suffix(Self.parametersLimit)))
            case 0x40...0x7E:
                state = .plain
                finish(parameters, byte, &keys)
            default: state = byte == 0x1B ? .escape : .plain
            }
        case .paste(var pasted):
            state = .plain
            pasted.append(byte)
            if pasted.count > Self.pasteLimit { pasted.remove(at: pasted.count - Self.pasteEnd.count - 1) }
            guard pasted.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else { return state = .paste(pasted) }
            keys.append(.text(String(decoding: pasted.dropLast(Self.pasteEnd.count), as: UTF8.self)))
        }
    }

    private mutating func finish(_ parameters: [UInt8], _ final: UInt8, _ keys: inout [Key]) {
        let numbers = String(decoding: parameters, as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
        // The second says what is held: 3 alt, 5 control.
        let isWord = numbers.count > 1 && (numbers[1] == 3 || numbers[1] == 5)
        guard final == UInt8(ascii: "~") else {
            if let key = Self.key(final: final, isWord: isWord) { keys.append(key) }
            return
        }
        switch numbers.first {
        case 1, 7: keys.append(.home)
        case 4, 8: keys.append(.end)
        case 3: keys.append(isWord ? .deleteWordRight : .delete)
        case 200: state = .paste([])
        default: return
        }
    }

    private static func key(final: UInt8, isWord: Bool) -> Key? {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): isWord ? .wordRight : .right
        case UInt8(ascii: "D"): isWord ? .wordLeft : .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        default: nil
        }
    }

    private static func key(control byte: UInt8) -> Key? {
        switch byte {
        case 0x01: .home
        case 0x02: .left
        case 0x05: .end
        case 0x06: .right
        case 0x08, 0x7F: .backspace
        case 0x09: .tab
        case 0x0A, 0x0D: .enter
        case 0x0E: .down
        case 0x10: .up
        case 0x17: .deleteWordLeft
        case 0x01...0x1A: .control(Character(Unicode.Scalar(byte + 0x60)))
        default: nil
        }
    }

    /// Of what has come, all but a character that is not whole yet.
    private mutating func takeText(_ keys: inout [Key]) {
        let missing = Self.startOfUnfinished(text)
        guard missing > 0 else { return }
        keys.append(.text(String(decoding: text[..<missing], as: UTF8.self)))
        text.removeFirst(missing)
    }

    /// Where a character begins at the end of which bytes are missing; the count where none are.
    private static func startOfUnfinished(_ bytes: [UInt8]) -> Int {
        for back in 1...3 where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            if length > back { return bytes.count - back }
            if byte & 0xC0 != 0x80 { break }
        }
        return bytes.count
    }
}
