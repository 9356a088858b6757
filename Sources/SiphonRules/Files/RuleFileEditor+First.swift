/// Rules in a file that has none.
extension RuleFileEditor {
    /// In place of what stands for no rules.
    func first(_ entries: [Entry]) -> [UInt8] {
        guard !entries.isEmpty else { return lines.bytes }
        let colonEnd = (key.colon ?? key.end) + 1
        let range = key.value?.range ?? colonEnd..<colonEnd
        let all = 0..<lines.bytes.count
        guard !layout.root.isFlow else {
            let text = "[" + entries.map { flow($0.rule) }.joined(separator: ", ") + "]"
            let missing = key.colon == nil ? ": " : key.value == nil ? " " : ""
            let edit = TextEdit(key.colon == nil ? key.end..<key.end : range, missing + text)
            return TextEdit.apply([edit], to: lines.bytes, in: all)
        }
        var edits = [TextEdit(emptyValue(range, behind: colonEnd), "")]
        let column = key.start - lines.start(of: key.start)
        let valueEnd = lines.end(behind: range.upperBound)
        let comments = lines.commentsEnd(from: valueEnd, rightOf: column)
        let end = comments > valueEnd ? lines.blankEnd(from: comments) : valueEnd
        let rules =
            lines.block(lines.comments(in: range), column: column + 2)
            + entries.map { block($0.rule, column: column + 2) }.joined()
        edits.append(TextEdit(end..<end, lines.opening(at: end) + rules))
        return TextEdit.apply(edits, to: lines.bytes, in: all)
    }

    /// What stands for no rules, with the white space before it, or with its line where nothing else stands on it.
    private func emptyValue(_ range: Range<Int>, behind colonEnd: Int) -> Range<Int> {
        let between = colonEnd..<range.lowerBound
        guard lines.hasBreak(in: between) else { return colonEnd..<range.upperBound }
        let rest = range.upperBound..<lines.textEnd(of: range.upperBound)
        guard TextLines.isBlank(Array(lines.bytes[rest])) else { return range }
        return lines.start(of: range.lowerBound)..<lines.end(behind: range.upperBound)
    }
}
