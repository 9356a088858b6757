/// Draws a prompt and the line behind it on a terminal, over as many rows as it takes, and takes it off again so that
/// something else can be written above it. Does no I/O: it returns what to write.
///
/// It lays out the rows as a terminal does, so that it knows where the cursor is.
struct LineScreen {
    private(set) var columns: Int
    private(set) var rows: Int
    /// What is drawn; nil for nothing.
    private var drawn: (prompt: String, characters: [Character], cursor: Int)?

    init(columns: Int, rows: Int) {
        self.columns = max(2, columns)
        self.rows = max(1, rows)
    }

    /// A terminal of another size lays out anew what is on it.
    mutating func resize(columns: Int, rows: Int) {
        let drawn = drawn
        self = LineScreen(columns: columns, rows: rows)
        self.drawn = drawn
    }

    /// Takes the line off; the cursor is at the left of where it began.
    mutating func clear() -> String {
        guard let drawn else { return "" }
        self.drawn = nil
        return Self.up(layout(drawn.prompt, drawn.characters, drawn.cursor).cursorRow) + "\r\u{1B}[J"
    }

    /// Takes off what was drawn, and draws.
    ///
    /// - Parameters:
    ///   - cursor: before which of the characters.
    ///   - color: of the prompt, as a terminal's number; nil for none.
    mutating func draw(_ prompt: String, _ characters: [Character], cursor: Int, color: Int? = nil) -> String {
        var result = clear()
        let layout = layout(prompt, characters, cursor)
        var lines = layout.lines
        if let color, lines[0].hasPrefix(prompt) {
            lines[0] = "\u{1B}[\(color)m\(prompt)\u{1B}[0m" + lines[0].dropFirst(prompt.count)
        }
        // The terminal wraps by itself, so that it does so anew when it is resized; a space makes it begin the last
        // row.
        if lines.count > 1, lines[lines.count - 1].isEmpty { lines.append(" ") }
        result += lines.joined() + Self.up(layout.lines.count - 1 - layout.cursorRow) + "\r"
        if layout.cursorColumn > 0 { result += "\u{1B}[\(layout.cursorColumn)C" }
        drawn = (prompt, characters, cursor)
        return result
    }

    private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A" : "" }

    private struct Layout {
        var lines = [""]
        var cursorRow = 0
        var cursorColumn = 0
    }

    private func layout(_ prompt: String, _ characters: [Character], _ cursor: Int) -> Layout {
        var layout = Layout()
        var column = 0
        func put(_ character: Character) {
            let width = TerminalText.width(of: character)
            if column + width > columns {
                layout.lines.append("")
                column = 0
            }
            layout.lines[layout.lines.count - 1].append(character)
            column += width
        }
        func mark() {
            layout.cursorRow = layout.lines.count - 1
            layout.cursorColumn = column
        }
        for character in prompt { put(character) }
        for (index, character) in characters.enumerated() {
            let rowsBefore = layout.lines.count
            if index == cursor { mark() }
            put(character)
            if index == cursor, layout.lines.count > rowsBefore {
                (layout.cursorRow, layout.cursorColumn) = (layout.lines.count - 1, 0)
            }
        }
        if column == columns {
            layout.lines.append("")
            column = 0
        }
        if cursor >= characters.count { mark() }
        return cut(layout)
    }

    /// Of a line that the terminal cannot show whole, the rows round the cursor.
    private func cut(_ layout: Layout) -> Layout {
        guard layout.lines.count > rows else { return layout }
        var result = layout
        let first = max(0, min(layout.cursorRow - rows + 1, layout.lines.count - rows))
        result.lines = Array(layout.lines[first..<(first + rows)])
        result.cursorRow = layout.cursorRow - first
        return result
    }
}
