/// A list of rules in brackets.
extension RuleFileEditor {
    /// A rule of a list in brackets.
    private struct Piece {
        /// White space and comments from the comma before.
        var before: [UInt8]
        let range: Range<Int>
        /// From its end to the comma.
        var after: [UInt8]
        /// Behind the comma: a comment on the same line.
        var comment: [UInt8]
    }

    func flow(
        _ entries: [Entry], _ items: [YAMLLayout.Item], _ list: YAMLLayout.Node, _ anew: Set<Int>
    ) -> [UInt8] {
        let bytes = lines.bytes
        var (pieces, tail, hasComma) = pieces(items, list)
        let kept = Set(entries.compactMap(\.origin))
        let spaces = pieces.map { Self.space(of: $0.before) }
        let lead = spaces[0]
        let gap = spaces.count > 1 ? spaces[1] : TextLines.hasBreak(lead) ? lead : [0x20]
        var carried: [UInt8] = []
        for index in pieces.indices {
            if kept.contains(index) {
                pieces[index].before = carried + pieces[index].before
                carried = []
            } else {
                carried += Self.freeComments(of: pieces[index].before, lines.lineBreak)
            }
        }
        tail = carried + tail
        var result = Array(bytes[..<headEnd(of: list)])
        var isComment = headEnd(of: list) > list.start + 1
        func put(_ text: [UInt8]) {
            if isComment, let first = text.first, !TextLines.isBreak(first) { result += Array(lines.lineBreak.utf8) }
            if !text.isEmpty { isComment = false }
            result += text
        }
        for (place, entry) in entries.enumerated() {
            let standard = place == 0 ? lead : gap
            let isLast = place == entries.count - 1
            let comma: [UInt8] = !isLast || hasComma ? [UInt8(ascii: ",")] : []
            guard let origin = entry.origin else {
                put(standard + Array(flow(entry.rule).utf8) + comma)
                continue
            }
            let piece = pieces[origin]
            put(piece.before.contains(UInt8(ascii: "#")) ? piece.before : standard)
            let edits = edits(entry, origin, items[origin], anew)
            put(
                edits.map { TextEdit.apply($0, to: bytes, in: piece.range) } ?? Array(flow(entry.rule).utf8))
            put(piece.after + comma + piece.comment)
            isComment = piece.comment.contains(UInt8(ascii: "#"))
        }
        put(tail + bytes[(list.range.upperBound - 1)...])
        return result
    }

    private func pieces(
        _ items: [YAMLLayout.Item], _ list: YAMLLayout.Node
    ) -> (pieces: [Piece], tail: [UInt8], hasComma: Bool) {
        let bytes = lines.bytes
        var pieces: [Piece] = []
        var at = headEnd(of: list)
        let close = list.range.upperBound - 1
        var hasComma = false
        for (index, item) in items.enumerated() {
            let limit = index + 1 < items.count ? items[index + 1].start : close
            let comma = self.comma(in: item.end..<limit)
            hasComma = comma != nil
            let behind = comma.map { $0 + 1 } ?? item.end
            // Up to the end of the line, where a comment stands there.
            let lineEnd = min(lines.textEnd(of: behind), limit)
            let commentEnd = lines.hasComment(in: behind..<lineEnd) ? lineEnd : behind
            pieces.append(
                Piece(
                    before: Array(bytes[at..<item.start]), range: item.start..<item.end,
                    after: Array(bytes[item.end..<(comma ?? item.end)]),
                    comment: Array(bytes[behind..<commentEnd])))
            at = commentEnd
        }
        return (pieces, Array(bytes[at..<close]), hasComma)
    }

    /// Behind the opening bracket, or the comment behind it.
    private func headEnd(of list: YAMLLayout.Node) -> Int {
        let start = list.start + 1
        let rest = lines.bytes[start..<lines.textEnd(of: start)].drop { $0 == 0x20 || $0 == 0x09 }
        return rest.first == UInt8(ascii: "#") ? rest.endIndex : start
    }

    /// The comma in white space and comments.
    private func comma(in range: Range<Int>) -> Int? {
        var at = range.lowerBound
        while at < range.upperBound {
            if lines.bytes[at] == UInt8(ascii: ",") { return at }
            at = lines.bytes[at] == UInt8(ascii: "#") ? lines.textEnd(of: at) : at + 1
        }
        return nil
    }

    /// The white space before a rule, without the comments in it.
    private static func space(of before: [UInt8]) -> [UInt8] {
        guard before.contains(UInt8(ascii: "#")) else { return before }
        let start = before.lastIndex(where: TextLines.isBreak).map { $0 > 0 && before[$0 - 1] == 0x0D ? $0 - 1 : $0 }
        return start.map { Array(before[$0...]) } ?? []
    }

    /// The lines of comments above a rule that an empty line parts from it.
    private static func freeComments(of before: [UInt8], _ lineBreak: String) -> [UInt8] {
        let lines = TextLines(before)
        guard let first = before.firstIndex(where: TextLines.isBreak) else { return [] }
        let start = lines.end(behind: first)
        let last = lines.start(of: before.count)
        guard start < last else { return [] }
        let comments = lines.directComments(above: last, from: start)
        let free = before[start..<comments]
        guard free.contains(UInt8(ascii: "#")) else { return [] }
        return Array(lineBreak.utf8) + free.dropLast(lineBreak.utf8.count)
    }
}
