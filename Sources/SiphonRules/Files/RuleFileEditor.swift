import LosslessJSON

/// Writes another set of rules into the text of a rule file. Comments and form stay with every rule that stays as it
/// was, and with every line of a rule that changed elsewhere; a rule that is gone takes along the comments directly
/// above it.
struct RuleFileEditor {
    /// A rule that is to stand in the file.
    struct Entry {
        let rule: Rule
        /// Its place among the rules that stand there now; nil for a new one.
        let origin: Int?
    }

    let lines: TextLines
    private let layout: YAMLLayout
    private let key: YAMLLayout.Pair
    private let rules: [Rule]
    private let writer: YAMLWriter

    /// - Parameters:
    ///   - text: of a file, without byte order mark.
    ///   - rules: what it says.
    init(_ text: String, rules: [Rule]) throws(RuleError) {
        lines = TextLines(Array(text.utf8))
        self.rules = rules
        let document = try YAMLDocument(parsing: text)
        guard let layout = try? YAMLLayout(lines.bytes), document.hasShape(of: layout),
            case .mapping(let pairs) = layout.root.content, pairs.count == 1, !pairs[0].isExplicit
        else { throw Self.unfollowed }
        self.layout = layout
        key = pairs[0]
        let isQuoted = lines.bytes[key.start] == UInt8(ascii: "\"")
        writer = YAMLWriter(isJSON: layout.root.isFlow && isQuoted)
    }

    private static let unfollowed = RuleError(
        path: "",
        message: "the file is written in a way that Siphon does not edit; a list of rules, each behind a dash, is")

    /// Yams takes U+FEFF at the start of a text for a byte order mark.
    private static let unreadable = "a text in it holds half a surrogate pair or begins with U+FEFF"

    /// The new text, which reads as these rules or is not returned.
    func text(for entries: [Entry]) throws(RuleError) -> String {
        for anew in [[], changedOrReferring(entries), Set(rules.indices)] {
            let text = try write(entries, anew: anew)
            guard text.utf8.count <= RuleFileText.bytesLimit else {
                throw RuleError(path: "", message: "the file would be larger than \(RuleFileText.bytesLimit) bytes")
            }
            do throws(RuleError) {
                try Self.check(text, says: entries.map(\.rule))
                return text
            } catch { continue }
        }
        for (index, entry) in entries.enumerated() {
            do throws(RuleError) { try Self.check("rules:\n" + block(entry.rule, column: 0), says: [entry.rule]) } catch
            {
                throw RuleError(path: "rules[\(index)]", message: "cannot be written as YAML: \(error.message)")
            }
        }
        throw Self.unfollowed
    }

    /// What may have to be written out where an anchor changes or goes.
    private func changedOrReferring(_ entries: [Entry]) -> Set<Int> {
        let items = items ?? []
        return Set(
            entries.compactMap { entry in
                guard let origin = entry.origin else { return nil }
                let refers = items.indices.contains(origin) && items[origin].node?.hasAlias == true
                return refers || !isUnchanged(entry, origin) ? origin : nil
            })
    }

    private func isUnchanged(_ entry: Entry, _ origin: Int) -> Bool {
        entry.rule.json.means(rules[origin].json)
    }

    private var items: [YAMLLayout.Item]? {
        guard case .sequence(let items) = key.value?.content, !items.isEmpty else { return nil }
        return items
    }

    /// Throws where the text does not read as the rules.
    private static func check(_ text: String, says rules: [Rule]) throws(RuleError) {
        let written = try RuleFileText(text).rules
        for (index, rule) in rules.enumerated() where written.count == rules.count {
            guard written[index].json.means(rule.json) else {
                throw RuleError(path: "rules[\(index)]", message: Self.unreadable)
            }
        }
        guard written.count == rules.count else { throw unfollowed }
    }

    private func write(_ entries: [Entry], anew: Set<Int>) throws(RuleError) -> String {
        let bytes: [UInt8]
        if let value = key.value, let items {
            guard value.start == value.range.lowerBound else { throw Self.unfollowed }
            if value.isFlow {
                bytes = flow(entries, items, value, anew)
            } else {
                bytes = try block(entries, items, anew)
            }
        } else {
            bytes = first(entries)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    // MARK: A rule

    /// The edits that make a rule of the file another; nil where it has to be written anew.
    private func edits(_ entry: Entry, _ origin: Int, _ item: YAMLLayout.Item, _ anew: Set<Int>) -> [TextEdit]? {
        guard let node = item.node, !anew.contains(origin) else { return nil }
        guard !isUnchanged(entry, origin) else { return [] }
        return RuleTextEditor(lines, writer, from: rules[origin], to: entry.rule).edits(
            of: node, dash: node.isFlow ? nil : item.start)
    }

    private func flow(_ rule: Rule) -> String { writer.flow(.object(RuleMembers(rule).written)) }

    private func block(_ rule: Rule, column: Int) -> String {
        let texts = RuleMembers(rule).written.flatMap { member in
            let key = member.key.value
            let openLevels = RuleMembers.openLevels(ofKey: key, member.value)
            return writer.lines(ofKey: key, member.value, column: column + 2, openLevels: openLevels)
        }
        return lines.block(texts.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }, column: column)
    }

    // MARK: The first rules

    /// Rules in a file that has none.
    private func first(_ entries: [Entry]) -> [UInt8] {
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
        var end = valueEnd
        for line in lines.lines(in: valueEnd..<lines.bytes.count) {
            if line.kind == .blank, end > valueEnd { end = line.range.upperBound }
            guard case .comment(let own) = line.kind, own > column else { break }
            end = line.range.upperBound
        }
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

    // MARK: A list on lines

    /// A rule of a list with what stands above it.
    private struct Block {
        /// Empty lines, and comments that no rule follows at once.
        var free: [UInt8]
        /// Comments directly above.
        var comments: [UInt8]
        let range: Range<Int>
    }

    private func block(
        _ entries: [Entry], _ items: [YAMLLayout.Item], _ anew: Set<Int>
    ) throws(RuleError) -> [UInt8] {
        let bytes = lines.bytes
        let column = items[0].start - lines.start(of: items[0].start)
        let listStart = lines.end(behind: (key.colon ?? key.end) + 1)
        var blocks: [Block] = []
        var end = listStart
        for item in items {
            let start = lines.start(of: item.start)
            guard start >= end, bytes[start..<item.start].allSatisfy({ $0 == 0x20 }) else { throw Self.unfollowed }
            let comments = lines.directComments(above: start, from: end)
            let bodyEnd = bodyEnd(of: item, column: column)
            blocks.append(
                Block(
                    free: Array(bytes[end..<comments]), comments: Array(bytes[comments..<start]), range: start..<bodyEnd
                ))
            end = bodyEnd
        }
        let tail = bytes[end...]
        guard !entries.isEmpty else { return emptied(blocks, listStart: listStart, tail: tail) }
        let gap =
            blocks.count > 1 && TextLines.isBlank(blocks[blocks.count - 1].free) ? blocks[blocks.count - 1].free : []
        let lead = TextLines.isBlank(blocks[0].free) ? blocks[0].free : []
        let carried = carry(&blocks, keeping: Set(entries.compactMap(\.origin)))
        var result = Array(bytes[..<listStart])
        for (place, entry) in entries.enumerated() {
            var text: [UInt8] = []
            if let origin = entry.origin {
                let free = blocks[origin].free
                if !TextLines.isBlank(free) {
                    text = free
                } else if place == 0 {
                    text = lead
                } else {
                    text = origin == 0 ? gap : free
                }
                text += blocks[origin].comments
                text += body(entry, origin, items[origin], blocks[origin].range, column, anew)
            } else {
                text = (place == 0 ? lead : gap) + Array(block(entry.rule, column: column).utf8)
            }
            append(text, to: &result)
        }
        append(TextLines.joined(carried, Array(tail)), to: &result)
        return result
    }

    /// With the comments below a rule that are further right than its dash.
    private func bodyEnd(of item: YAMLLayout.Item, column: Int) -> Int {
        var end = lines.end(behind: item.end)
        for line in lines.lines(in: end..<lines.bytes.count) {
            guard case .comment(let own) = line.kind, own > column else { break }
            end = line.range.upperBound
        }
        return end
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
    private func emptied(_ blocks: [Block], listStart: Int, tail: ArraySlice<UInt8>) -> [UInt8] {
        var blocks = blocks
        let colonEnd = (key.colon ?? key.end) + 1
        var result = lines.bytes[..<colonEnd] + Array(" []".utf8) + lines.bytes[colonEnd..<listStart]
        result += TextLines.joined(carry(&blocks, keeping: []), Array(tail))
        return Array(result)
    }

    private func append(_ text: [UInt8], to result: inout [UInt8]) {
        guard !text.isEmpty else { return }
        if let last = result.last, !TextLines.isBreak(last) { result += Array(lines.lineBreak.utf8) }
        result += text
    }

    // MARK: A list in brackets

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

    private func flow(
        _ entries: [Entry], _ items: [YAMLLayout.Item], _ list: YAMLLayout.Node, _ anew: Set<Int>
    ) -> [UInt8] {
        let bytes = lines.bytes
        var (pieces, tail, hasComma) = pieces(items, list)
        let kept = Set(entries.compactMap(\.origin))
        let spaces = pieces.map { Self.space(of: $0.before, isFirst: false) }
        let lead = Self.space(of: pieces[0].before, isFirst: true)
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
    private static func space(of before: [UInt8], isFirst: Bool) -> [UInt8] {
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
