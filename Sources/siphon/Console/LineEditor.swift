/// One line of text that is being typed, with what was typed before. Does no I/O: keys in, text out.
struct LineEditor {
    enum Outcome: Equatable {
        /// There is nothing to do but to draw.
        case edited
        /// The line is whole; the next one begins.
        case entered(String)
        case complete
        /// ctrl-c, with what was there and is not any more.
        case interrupted(String)
        case end
        case suspend
        case clearScreen
    }

    private(set) var characters: [Character] = []
    /// Before which of the characters.
    private(set) var cursor = 0
    /// The oldest first.
    private(set) var history: [String] = []
    /// Which of them is shown; nil for the line that is new.
    private var historyIndex: Int?
    /// The new line, while one of the history is shown.
    private var draft: [Character] = []
    /// What was cut last.
    private var killed: [Character] = []

    private static let historyLimit = 1000
    private static let lengthLimit = 1 << 20

    var text: String { String(characters) }

    mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .text(let text): insert(text)
        case .enter: return enter()
        case .tab: return .complete
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete: remove(cursor..<min(characters.count, cursor + 1))
        case .left: cursor = max(0, cursor - 1)
        case .right: cursor = min(characters.count, cursor + 1)
        case .home: cursor = 0
        case .end: cursor = characters.count
        case .up: recall(-1)
        case .down: recall(1)
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .deleteWordLeft: kill(wordStart..<cursor)
        case .deleteWordRight: kill(cursor..<wordEnd)
        case .control("u"): kill(0..<cursor)
        case .control("k"): kill(cursor..<characters.count)
        case .control("y"): insert(String(killed))
        case .control("t"): transpose()
        case .control("l"): return .clearScreen
        case .control("z"): return .suspend
        case .control("c"):
            let text = text
            set([])
            historyIndex = nil
            return text.isEmpty ? .end : .interrupted(text)
        case .control("d"):
            if characters.isEmpty { return .end }
            remove(cursor..<min(characters.count, cursor + 1))
        case .control: break
        }
        return .edited
    }

    // MARK: Text

    /// What has a width or joins characters is taken, lines become one; the rest would disturb the screen.
    mutating func insert(_ text: String) {
        var clean = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" || scalar == "\r" {
                clean.append(" ")
            } else if !TerminalText.isHidden(scalar) {
                clean.append(scalar)
            }
        }
        guard characters.count + clean.count <= Self.lengthLimit else { return }
        // A mark joins the character before it.
        let head = Array(String(characters[..<cursor]) + String(clean))
        characters = Array(String(head) + String(characters[cursor...]))
        cursor = min(head.count, characters.count)
    }

    /// Puts another text in place of that from `start` to the cursor.
    mutating func replace(from start: Int, with text: String) {
        remove(max(0, min(start, cursor))..<cursor)
        insert(text)
    }

    private mutating func set(_ line: [Character]) {
        characters = line
        cursor = line.count
    }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func kill(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        killed = Array(characters[range])
        remove(range)
    }

    private mutating func transpose() {
        guard cursor > 0, characters.count > 1 else { return }
        if cursor == characters.count { cursor -= 1 }
        characters.swapAt(cursor - 1, cursor)
        cursor += 1
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, characters[index - 1] == " " { index -= 1 }
        while index > 0, characters[index - 1] != " " { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < characters.count, characters[index] == " " { index += 1 }
        while index < characters.count, characters[index] != " " { index += 1 }
        return index
    }

    // MARK: History

    private mutating func enter() -> Outcome {
        let line = text
        set([])
        historyIndex = nil
        if line.contains(where: { $0 != " " }), history.last != line {
            history.append(line)
            if history.count > Self.historyLimit { history.removeFirst() }
        }
        return .entered(line)
    }

    private mutating func recall(_ step: Int) {
        let index = (historyIndex ?? history.count) + step
        guard (0...history.count).contains(index), index != historyIndex ?? history.count else { return }
        if historyIndex == nil { draft = characters }
        historyIndex = index == history.count ? nil : index
        set(historyIndex.map { Array(history[$0]) } ?? draft)
    }
}
