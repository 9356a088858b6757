/// A list of rules on lines, each behind a dash.
extension RuleFileEditor {
    /// A rule of a list with what stands above it.
    private struct Block {
        /// Empty lines, and comments that no rule follows at once.
        var free: [UInt8]
        /// Comments directly above.
        var comments: [UInt8]
        /// With the comments below it that are further right than its dash.
        let range: Range<Int>
    }

    func block(
        _ entries: [Entry], _ items: [YAMLLayout.Item], _ anew: Set<Int>
    ) throws(RuleError) -> [UInt8] {
        let column = items[0].start - lines.start(of: items[0].start)
        let listStart = lines.end(behind: (key.colon ?? key.end) + 1)
        var blocks = try self.blocks(items, from: listStart, column: column)
        let tail = Array(lines.bytes[(blocks.last?.range.upperBound ?? listStart)...])
        guard !entries.isEmpty else { return emptied(blocks, listStart: listStart, tail: tail) }
        let spaces = blocks.map { TextLines.isBlank($0.free) ? $0.free : [] }
        let gap = spaces.count > 1 ? spaces[spaces.count - 1] : []
        let carried = carry(&blocks, keeping: Set(entries.compactMap(\.origin)))
        var result = Array(lines.bytes[..<listStart])
        for (place, entry) in entries.enumerated() {
            // Empty lines belong to the place, free comments to the rule that they stand above.
            var text = place == 0 ? spaces[0] : gap
            if let origin = entry.origin {
                let block = blocks[origin]
                if !TextLines.isBlank(block.free) || place > 0 && origin > 0 { text = block.free }
                text += block.comments + body(entry, origin, items[origin], block.range, column, anew)
            } else {
                text += Array(self.block(entry.rule, column: column).utf8)
            }
            append(text, to: &result)
        }
        append(TextLines.joined(carried, tail), to: &result)
        return result
    }

    private func blocks(
        _ items: [YAMLLayout.Item], from listStart: Int, column: Int
    ) throws(RuleError) -> [Block] {
        let bytes = lines.bytes
        var blocks: [Block] = []
        var end = listStart
        for item in items {
            let start = lines.start(of: item.start)
            guard start >= end, bytes[start..<item.start].allSatisfy({ $0 == 0x20 }) else { throw Self.unfollowed }
            let comments = lines.directComments(above: start, from: end)
            let bodyEnd = lines.commentsEnd(from: lines.end(behind: item.end), rightOf: column)
            blocks.append(
                Block(
                    free: Array(bytes[end..<comments]), comments: Array(bytes[comments..<start]),
                    range: start..<bodyEnd))
            end = bodyEnd
        }
        return blocks
    }

    private func body(
        _ entry: Entry, _ origin: Int, _ item: YAMLLayout.Item, _ range: Range<Int>, _ column: Int, _ anew: Set<Int>
    ) -> [UInt8] {
        guard let edits = edits(entry, origin, item, anew) else {
            let below = lines.bytes[lines.end(behind: item.end)..<range.upperBound]
            return Array(block(entry.rule, column: column).utf8) + below
        }
        return TextEdit.apply(edits, to: lines.bytes, in: range)
    }

    /// Hands comments that stand free above a rule that goes to the next that stays; returns what none took.
    private func carry(_ blocks: inout [Block], keeping kept: Set<Int>) -> [UInt8] {
        var carried: [UInt8] = []
        for index in blocks.indices {
            if kept.contains(index) {
                blocks[index].free = TextLines.joined(carried, blocks[index].free)
                carried = []
            } else if !TextLines.isBlank(blocks[index].free) {
                carried = TextLines.joined(carried, blocks[index].free)
            }
        }
        return carried
    }

    /// A list without rules, and the comments that stand free.
    private func emptied(_ blocks: [Block], listStart: Int, tail: [UInt8]) -> [UInt8] {
        var blocks = blocks
        let colonEnd = (key.colon ?? key.end) + 1
        var result = lines.bytes[..<colonEnd] + Array(" []".utf8) + lines.bytes[colonEnd..<listStart]
        result += TextLines.joined(carry(&blocks, keeping: []), tail)
        return Array(result)
    }

    private func append(_ text: [UInt8], to result: inout [UInt8]) {
        guard !text.isEmpty else { return }
        if let last = result.last, !TextLines.isBreak(last) { result += Array(lines.lineBreak.utf8) }
        result += text
    }
}
