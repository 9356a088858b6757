import Testing

@testable import siphon

@Suite("KeyReader")
struct KeyReaderTests {
    @Test(
        "reads keys, however they are cut",
        arguments: [
            ("ab", [.text("ab")]), ("é漢😀", [.text("é漢😀")]), ("\r", [.enter]), ("\n", [.enter]), ("\t", [.tab]),
            ("\u{7F}\u{8}", [.backspace, .backspace]),
            ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
            ("\u{1B}OA\u{1B}OH\u{1B}OF", [.up, .home, .end]),
            ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~", [.home, .end, .home, .end]),
            ("\u{1B}[3~\u{1B}[3;5~", [.delete, .deleteWordRight]), ("\u{1B}[1;5C\u{1B}[1;3D", [.wordRight, .wordLeft]),
            ("\u{1B}b\u{1B}f\u{1B}d\u{1B}\u{7F}", [.wordLeft, .wordRight, .deleteWordRight, .deleteWordLeft]),
            ("\u{1}\u{5}\u{10}\u{E}\u{2}\u{6}\u{17}", [.home, .end, .up, .down, .left, .right, .deleteWordLeft]),
            (
                "\u{3}\u{4}\u{15}\u{B}\u{C}",
                [.control("c"), .control("d"), .control("u"), .control("k"), .control("l")]
            ),
            ("\u{1B}\u{1B}[A", [.up]), ("\u{1B}[99;99X", []),
            ("\u{1B}[200~a\nb\u{1B}[A\u{1B}[201~c", [.text("a\nb\u{1B}[A"), .text("c")]),
            ("a\u{1B}[Db", [.text("a"), .left, .text("b")]), ("\u{0}\u{1F}", []),
        ] as [(String, [Key])])
    func reads(text: String, keys: [Key]) {
        let bytes = Array(text.utf8)
        var whole = KeyReader()
        #expect(whole.read(bytes) == keys)
        var cut = KeyReader()
        let single = bytes.flatMap { cut.read([$0]) }
        #expect(Self.joined(single) == Self.joined(keys))
    }

    /// With texts that follow one another made one.
    private static func joined(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { result, key in
            if case .text(let text) = key, case .text(let before)? = result.last {
                result[result.count - 1] = .text(before + text)
            } else {
                result.append(key)
            }
        }
    }

    @Test("goes on after bytes that are no UTF-8")
    func broken() {
        var reader = KeyReader()
        #expect(reader.read([0x61, 0xFF, 0x80, 0x62]) == [.text("a\u{FFFD}\u{FFFD}b")])
        #expect(reader.read([0xE6]) == [])
        #expect(reader.read([0x0D]) == [.enter])
        #expect(reader.read(Array("c".utf8)) == [.text("c")])
    }

    @Test("keeps the beginning of what is pasted, and finds its end")
    func paste() {
        var reader = KeyReader()
        let text = String(repeating: "x", count: (1 << 20) + 100)
        let keys = reader.read(Array("\u{1B}[200~\(text)\u{1B}[201~y".utf8))
        guard case .text(let pasted)? = keys.first else {
            Issue.record("no text: \(keys.count)")
            return
        }
        #expect(pasted.utf8.count < text.utf8.count && pasted.utf8.count > 1 << 19)
        #expect(keys.dropFirst() == [.text("y")])
    }
}

@Suite("LineEditor")
struct LineEditorTests {
    /// A line after keys, with `|` for the cursor.
    private func line(_ keys: [Key], editor: LineEditor = LineEditor()) -> String {
        var editor = editor
        for key in keys { _ = editor.press(key) }
        return String(editor.characters[..<editor.cursor]) + "|" + String(editor.characters[editor.cursor...])
    }

    @Test(
        "edits",
        arguments: [
            ([.text("abc")], "abc|"), ([.text("ac"), .left, .text("b")], "ab|c"),
            ([.text("ab"), .home, .delete], "|b"),
            ([.text("ab"), .backspace, .backspace, .backspace], "|"), ([.text("漢字"), .left, .backspace], "|字"),
            ([.text("👩‍👧x"), .left, .backspace], "|x"), ([.text("e"), .text("\u{301}"), .backspace], "|"),
            ([.text("one two  three"), .wordLeft, .wordLeft], "one |two  three"),
            ([.text("one two"), .home, .wordRight, .wordRight, .wordRight], "one two|"),
            ([.text("one two  "), .deleteWordLeft], "one |"), ([.text("one two"), .home, .deleteWordRight], "| two"),
            ([.text("abcd"), .left, .left, .control("u")], "|cd"),
            ([.text("abcd"), .left, .left, .control("k")], "ab|"),
            ([.text("abcd"), .left, .left, .control("k"), .home, .control("y"), .control("y")], "cdcd|ab"),
            ([.text("abc"), .control("t")], "acb|"), ([.text("abc"), .left, .left, .control("t")], "ba|c"),
            ([.text("a"), .control("t")], "a|"),
            ([.text("a\nb\tc\u{1B}[2J\u{202E}")], "a b c[2J|"),
            ([.text("ab"), .end, .right, .left, .left, .left, .text("x")], "x|ab"),
            ([.text("ab"), .home, .control("d")], "|b"), ([.control("g"), .text("a")], "a|"),
            ([.text("xz"), .left, .text("\u{301}"), .text("y")], "x\u{301}y|z"),
        ] as [([Key], String)])
    func edits(keys: [Key], expected: String) {
        #expect(line(keys) == expected)
    }

    @Test("recalls what was entered, and the line that was begun")
    func history() {
        var editor = LineEditor()
        for text in ["one", "two", "two", "  ", "three"] {
            #expect(editor.press(.text(text)) == .edited)
            #expect(editor.press(.enter) == .entered(text))
        }
        #expect(editor.history == ["one", "two", "three"])
        _ = editor.press(.text("new"))
        #expect(line([.up], editor: editor) == "three|")
        #expect(line([.up, .up, .up, .up], editor: editor) == "one|")
        #expect(line([.up, .up, .text("x"), .down], editor: editor) == "three|")
        #expect(line([.up, .down], editor: editor) == "new|")
        #expect(line([.down], editor: editor) == "new|")
        #expect(line([.up, .up, .enter, .up], editor: editor) == "two|")
    }

    @Test("keeps the last thousand lines")
    func manyLines() {
        var editor = LineEditor()
        for number in 1...1005 { _ = (editor.press(.text("\(number)")), editor.press(.enter)) }
        #expect(editor.history.count == 1000 && editor.history.first == "6")
    }

    @Test("leaves by ctrl-d and ctrl-c on an empty line alone")
    func leaves() {
        var editor = LineEditor()
        #expect(editor.press(.control("d")) == .end)
        #expect(editor.press(.control("c")) == .end)
        _ = editor.press(.text("ab"))
        #expect(editor.press(.control("d")) == .edited)
        #expect(editor.press(.control("c")) == .interrupted("ab"))
        #expect(editor.text.isEmpty && editor.history.isEmpty)
        #expect(editor.press(.tab) == .complete && editor.press(.control("z")) == .suspend)
        #expect(editor.press(.control("l")) == .clearScreen)
    }

    @Test("puts another text before the cursor")
    func replaces() {
        var editor = LineEditor()
        for key in [.text("em chat"), .home, .right, .right] as [Key] { _ = editor.press(key) }
        editor.replace(from: 0, with: "emit")
        #expect(line([], editor: editor) == "emit| chat")
    }
}

@Suite("LineScreen")
struct LineScreenTests {
    /// What a terminal shows of the texts, and where its cursor is.
    private func shown(_ texts: [String], columns: Int) -> [String] {
        var terminal = TerminalModel(columns: columns)
        for text in texts { terminal.write(text) }
        return terminal.lines
    }

    @Test(
        "lays out rows, also where a character needs two columns or the edge is met",
        arguments: [
            ("abc", 3, 10, ["> abc|"]), ("abc", 0, 10, ["> |abc"]), ("abcdef", 6, 5, ["> abc", "def|"]),
            ("abc", 3, 5, ["> abc", "| "]), ("abcd", 3, 5, ["> abc", "|d"]), ("ab漢c", 2, 5, ["> ab", "|漢c"]),
            ("ab漢c", 4, 5, ["> ab", "漢c|"]), ("", 0, 5, ["> |"]), ("abcdefgh", 1, 5, ["> a|bc", "defgh", " "]),
        ])
    func draws(text: String, cursor: Int, columns: Int, rows: [String]) {
        var screen = LineScreen(columns: columns, rows: 10)
        let drawn = screen.draw("> ", Array(text), cursor: cursor)
        #expect(shown([drawn], columns: columns) == rows)
    }

    @Test("is taken off without a trace, and what is written then stands above it")
    func clears() {
        var screen = LineScreen(columns: 5, rows: 10)
        let long = Array("abcdefghijkl")
        let texts = [
            screen.draw("> ", long, cursor: 1), screen.draw("> ", long, cursor: 12), screen.clear(), "event\r\n",
            screen.draw("> ", Array("xy"), cursor: 1), screen.clear(), "two\r\n", screen.draw("> ", [], cursor: 0),
            screen.draw("> ", Array("z"), cursor: 1),
        ]
        #expect(shown(texts, columns: 5) == ["event", "two", "> z|"])
    }

    @Test("shows the rows round the cursor of a line that is longer than the screen")
    func window() {
        let text = Array("abcdefghijklmnopqrs")
        var screen = LineScreen(columns: 5, rows: 2)
        #expect(shown([screen.draw("> ", text, cursor: 19)], columns: 5) == ["nopqr", "s|"])
        #expect(shown([screen.draw("> ", text, cursor: 0)], columns: 5) == ["> |abc", "defgh"])
    }

    @Test("goes on after the terminal was resized")
    func resize() {
        var screen = LineScreen(columns: 5, rows: 10)
        _ = screen.draw("> ", Array("abcdefgh"), cursor: 8)
        screen.resize(columns: 20, rows: 10)
        #expect(screen.clear() == "\r\u{1B}[J")
    }

    @Test("colours the prompt alone")
    func colors() {
        var screen = LineScreen(columns: 20, rows: 10)
        #expect(screen.draw("/> ", ["a"], cursor: 1, color: 36) == "\u{1B}[36m/> \u{1B}[0ma\r\u{1B}[4C")
    }
}

/// As much of a terminal as a `LineScreen` uses: text that stays at the right edge until more comes, line ends, cursor
/// up, down and right, and erasing below.
private struct TerminalModel {
    private let columns: Int
    private var rows: [[Character]] = [[]]
    private var row = 0
    private var column = 0

    init(columns: Int) { self.columns = columns }

    /// With `|` for the cursor. A wide character is one followed by nothing in its second column.
    var lines: [String] {
        var lines = rows
        while lines[row].count < column { lines[row].append(" ") }
        lines[row].insert("|", at: column)
        return lines.map { String($0.filter { $0 != "\0" }) }
    }

    mutating func write(_ text: String) {
        var rest = text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\r": column = 0
            case "\n": down(1)
            case "\u{1B}":
                _ = rest.popFirst()
                let digits = rest.prefix { $0.properties.numericType != nil }
                rest = rest.dropFirst(digits.count)
                control(rest.popFirst() ?? " ", Int(String(digits)))
            default: put(Character(scalar))
            }
        }
    }

    private mutating func down(_ count: Int) {
        row += count
        while rows.count <= row { rows.append([]) }
    }

    private mutating func control(_ final: Unicode.Scalar, _ number: Int?) {
        switch final {
        case "A": row = max(0, row - (number ?? 1))
        case "B": down(number ?? 1)
        case "C": column = min(columns - 1, column + (number ?? 1))
        case "J":
            rows.removeSubrange((row + 1)...)
            rows[row].removeSubrange(min(column, rows[row].count)...)
        default: break
        }
    }

    private mutating func put(_ character: Character) {
        let width = TerminalText.width(of: character)
        if column + width > columns {
            column = 0
            down(1)
        }
        while rows[row].count < column { rows[row].append(" ") }
        for (index, cell) in ([character] + Array(repeating: "\0", count: width - 1)).enumerated() {
            if column + index < rows[row].count { rows[row][column + index] = cell } else { rows[row].append(cell) }
        }
        column += width
    }
}
