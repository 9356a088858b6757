/// The lines of a text by their offsets. Lines end with LF, CR or both.
struct TextLines {
    let bytes: [UInt8]
    /// What ends the first line, and so those that are added.
    let lineBreak: String

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        let end = bytes.firstIndex(where: Self.isBreak) ?? bytes.count
        lineBreak =
            bytes[end...].starts(with: [0x0D, 0x0A]) ? "\r\n" : bytes[end...].first == 0x0D ? "\r" : "\n"
    }

    static func isBreak(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    static func hasBreak(_ bytes: [UInt8]) -> Bool { bytes.contains(where: isBreak) }

    /// Whether there is nothing but white space.
    static func isBlank(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { isBreak($0) || $0 == 0x20 || $0 == 0x09 } }

    /// One text of whole lines behind the other, with one empty line between them where there would be two.
    static func joined(_ first: [UInt8], _ second: [UInt8]) -> [UInt8] {
        guard !second.isEmpty, TextLines(second).kind(ofLineAt: 0) == .blank else { return first + second }
        let lines = TextLines(first).lines(in: 0..<first.count)
        let last = lines.last { $0.kind != .blank }
        return first.prefix(last?.range.upperBound ?? 0) + second
    }

    /// The comments in a range that holds no texts.
    func comments(in range: Range<Int>) -> [String] {
        bytes[range].split(whereSeparator: Self.isBreak).compactMap { line in
            line.firstIndex(of: UInt8(ascii: "#")).map { String(decoding: line[$0...], as: UTF8.self) }
        }
    }

    /// Where the line begins that holds `index`.
    func start(of index: Int) -> Int {
        var start = index
        while start > 0, !Self.isBreak(bytes[start - 1]) { start -= 1 }
        return start
    }

    /// Where the text of the line ends that holds `index`.
    func textEnd(of index: Int) -> Int {
        var end = index
        while end < bytes.count, !Self.isBreak(bytes[end]) { end += 1 }
        return end
    }

    /// Where the next line begins behind something that ends at `index`; that same place where it ends with its line.
    func end(behind index: Int) -> Int {
        if index > 0, Self.isBreak(bytes[index - 1]) { return index }
        return next(textEnd(of: index))
    }

    private func next(_ textEnd: Int) -> Int {
        guard textEnd < bytes.count else { return textEnd }
        let isPair = bytes[textEnd] == 0x0D && textEnd + 1 < bytes.count && bytes[textEnd + 1] == 0x0A
        return textEnd + (isPair ? 2 : 1)
    }

    enum Kind: Equatable {
        case blank
        case comment(column: Int)
        case other
    }

    struct Line {
        let range: Range<Int>
        let kind: Kind
    }

    /// The lines of a range that begins and ends where lines do.
    func lines(in range: Range<Int>) -> [Line] {
        var lines: [Line] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end = next(textEnd(of: start))
            lines.append(Line(range: start..<end, kind: kind(ofLineAt: start)))
            start = end
        }
        return lines
    }

    /// Behind the comment lines that begin at a line's start, those further to the right than a column.
    func commentsEnd(from start: Int, rightOf column: Int) -> Int {
        var end = start
        while end < bytes.count, case .comment(let own) = kind(ofLineAt: end), own > column {
            end = next(textEnd(of: end))
        }
        return end
    }

    private func kind(ofLineAt start: Int) -> Kind {
        let textEnd = textEnd(of: start)
        let text = start + bytes[start..<textEnd].prefix { $0 == 0x20 || $0 == 0x09 }.count
        guard text < textEnd else { return .blank }
        return bytes[text] == UInt8(ascii: "#") ? .comment(column: text - start) : .other
    }

    /// Behind a line that is empty; `start` for any other.
    func blankEnd(from start: Int) -> Int {
        start < bytes.count && kind(ofLineAt: start) == .blank ? next(textEnd(of: start)) : start
    }

    /// Where the comment lines begin that stand directly above a line, not before `limit`; `lineStart` for none.
    ///
    /// - Parameter column: comments further to the right belong to something else.
    func directComments(above lineStart: Int, from limit: Int, upTo column: Int = .max) -> Int {
        var start = lineStart
        for line in lines(in: limit..<lineStart).reversed() {
            guard case .comment(let own) = line.kind, own <= column else { break }
            start = line.range.lowerBound
        }
        return start
    }

    /// Lines as they stand in the file.
    func block(_ texts: [String], column: Int) -> String {
        let indent = String(repeating: " ", count: column)
        return texts.map { indent + $0 + lineBreak }.joined()
    }

    /// What must come before a line that is put at the end of another: a break where that one has none.
    func opening(at end: Int) -> String {
        end == bytes.count && end > 0 && !Self.isBreak(bytes[end - 1]) ? lineBreak : ""
    }

    func hasBreak(in range: Range<Int>) -> Bool { bytes[range].contains(where: Self.isBreak) }

    func hasComment(in range: Range<Int>) -> Bool { bytes[range].contains(UInt8(ascii: "#")) }
}

/// Other bytes in the place of some.
struct TextEdit {
    var range: Range<Int>
    var bytes: [UInt8]

    init(_ range: Range<Int>, _ text: String) {
        self.range = range
        bytes = Array(text.utf8)
    }

    /// What a range becomes. Edits within it, none over another.
    static func apply(_ edits: [TextEdit], to source: [UInt8], in range: Range<Int>) -> [UInt8] {
        var result: [UInt8] = []
        var at = range.lowerBound
        for edit in edits.sorted(by: {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        })
        where edit.range.lowerBound >= at && edit.range.upperBound <= range.upperBound {
            result += source[at..<edit.range.lowerBound] + edit.bytes
            at = edit.range.upperBound
        }
        return result + source[at..<range.upperBound]
    }
}
