import LosslessJSON

/// Changes one rule within the text of its file, so that the lines of what did not change stay as they were written.
struct RuleTextEditor {
    private let lines: TextLines
    private let writer: YAMLWriter
    private let old: RuleMembers
    private let new: RuleMembers

    init(_ lines: TextLines, _ writer: YAMLWriter, from old: Rule, to new: Rule) {
        self.lines = lines
        self.writer = writer
        self.old = RuleMembers(old)
        self.new = RuleMembers(new)
    }

    /// Nil where the rule is written in a way that cannot be edited: it is to be written anew then.
    ///
    /// - Parameter dash: where the rule's line in a list begins; nil in brackets.
    func edits(of node: YAMLLayout.Node, dash: Int?) -> [TextEdit]? {
        guard case .mapping(let pairs) = node.content, !pairs.isEmpty else { return nil }
        var keys: [String] = []
        for pair in pairs {
            guard !pair.isExplicit, pair.colon != nil, let key = name(of: pair.key), !keys.contains(key) else {
                return nil
            }
            keys.append(key)
        }
        let removed = keys.map { old[$0] != new[$0] && (new[$0] ?? .null) == .null }
        let replaced = keys.map { old[$0] != new[$0] && (new[$0] ?? .null) != .null }
        let added = new.all.filter {
            !keys.contains($0.key.value) && old[$0.key.value] != $0.value && $0.value != .null
        }
        guard removed.contains(false) else { return nil }
        let change = Change(pairs: pairs, keys: keys, removed: removed, replaced: replaced, added: added)
        guard !node.isFlow else { return flowEdits(change) }
        return dash.flatMap { blockEdits(change, dash: $0) }
    }

    private struct Change {
        let pairs: [YAMLLayout.Pair]
        let keys: [String]
        let removed: [Bool]
        let replaced: [Bool]
        let added: [JSONMember]
    }

    /// A key in plain letters, in quotes or not.
    private func name(of key: YAMLLayout.Node?) -> String? {
        guard let key, case .scalar = key.content, key.start == key.range.lowerBound else { return nil }
        var text = lines.bytes[key.range]
        if let quote = text.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
            text = text.dropFirst().dropLast()
        }
        guard text.allSatisfy({ (0x61...0x7A).contains($0 | 0x20) }) else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: Within a value

    /// The edits of single texts, numbers and words where all else of a value is as it was; nil where more changes.
    private func inPlace(_ node: YAMLLayout.Node?, _ old: JSONValue?, _ new: JSONValue) -> [TextEdit]? {
        guard let node, let old else { return nil }
        guard !old.means(new) else { return [] }
        switch (node.content, old, new) {
        case (.sequence(let items), .array(let old), .array(let new)):
            guard items.count == new.count, old.count == new.count else { return nil }
            return inPlace(items.map(\.node), old, new)
        case (.mapping(let pairs), .object(let old), .object(let new)):
            let hasSameKeys = zip(old, new).allSatisfy { JSONValue.string($0.key).means(.string($1.key)) }
            guard pairs.count == new.count, old.count == new.count, hasSameKeys else { return nil }
            return inPlace(pairs.map(\.value), old.map(\.value), new.map(\.value))
        case (.scalar, _, .null), (.scalar, _, .bool), (.scalar, _, .number), (.scalar, _, .string):
            return [TextEdit(textRange(of: node), writer.flow(new, inBrackets: node.isFlow))]
        default: return nil
        }
    }

    private func inPlace(_ nodes: [YAMLLayout.Node?], _ old: [JSONValue], _ new: [JSONValue]) -> [TextEdit]? {
        var edits: [TextEdit] = []
        for (node, (old, new)) in zip(nodes, zip(old, new)) {
            guard let edit = inPlace(node, old, new) else { return nil }
            edits += edit
        }
        return edits
    }

    // MARK: Brackets

    private func flowEdits(_ change: Change) -> [TextEdit] {
        let pairs = change.pairs
        var edits: [TextEdit] = []
        let firstKept = change.removed.firstIndex(of: false) ?? 0
        if firstKept > 0 { edits.append(TextEdit(pairs[0].start..<pairs[firstKept].start, "")) }
        for index in pairs.indices where index >= firstKept {
            if change.removed[index] { edits.append(TextEdit(pairs[index - 1].end..<pairs[index].end, "")) }
            guard change.replaced[index], let value = new[change.keys[index]] else { continue }
            let text = writer.flow(value)
            if let node = pairs[index].value {
                edits += inPlace(node, old[change.keys[index]], value) ?? [TextEdit(node.range, text)]
            } else {
                edits.append(TextEdit(pairs[index].end..<pairs[index].end, " " + text))
            }
        }
        guard let last = pairs.last, !change.added.isEmpty else { return edits }
        let space = space(before: last)
        let added = change.added.map { "," + space + writer.flow(key: $0.key.value, $0.value) }
        edits.append(TextEdit(last.end..<last.end, added.joined()))
        return edits
    }

    /// What parts a pair from one that is put behind it: a line break where each is on its own line.
    private func space(before pair: YAMLLayout.Pair) -> String {
        let indent = lines.bytes[lines.start(of: pair.start)..<pair.start]
        let hasComment = lines.hasComment(in: pair.end..<lines.textEnd(of: pair.end))
        guard indent.allSatisfy({ $0 == 0x20 }), !hasComment else { return " " }
        return lines.lineBreak + String(decoding: indent, as: UTF8.self)
    }

    // MARK: Lines

    private func blockEdits(_ change: Change, dash: Int) -> [TextEdit] {
        let pairs = change.pairs
        let column = pairs[0].start - lines.start(of: pairs[0].start)
        var edits: [TextEdit] = []
        var start = 0
        if change.removed[0], lines.start(of: pairs[0].start) == lines.start(of: dash) {
            start = change.removed.firstIndex(of: false) ?? 0
            edits.append(removal(ofFirstUpTo: pairs[start], from: pairs[0], behind: pairs[start - 1].end, dash: dash))
        }
        for index in pairs.indices where index >= start {
            if change.removed[index] {
                let lineStart = lines.start(of: pairs[index].start)
                let above = lines.end(behind: index > 0 ? pairs[index - 1].end : dash + 1)
                let comments = lines.directComments(above: lineStart, from: above, upTo: column)
                edits.append(TextEdit(comments..<lines.end(behind: pairs[index].end), ""))
            }
            guard change.replaced[index], let value = new[change.keys[index]] else { continue }
            let key = change.keys[index]
            edits +=
                inPlace(pairs[index].value, old[key], value)
                ?? replacement(of: pairs[index], key, with: value, column: column)
        }
        guard let last = pairs.last, !change.added.isEmpty else { return edits }
        let end = lines.end(behind: last.end)
        let added = change.added.flatMap { member in
            let key = member.key.value
            let openLevels = RuleMembers.openLevels(ofKey: key, member.value)
            return writer.lines(ofKey: key, member.value, column: column, openLevels: openLevels)
        }
        edits.append(TextEdit(end..<end, lines.opening(at: end) + lines.block(added, column: column)))
        return edits
    }

    /// Takes the pairs away that begin on the line of the dash, so that another comes to stand there.
    private func removal(
        ofFirstUpTo kept: YAMLLayout.Pair, from first: YAMLLayout.Pair, behind end: Int, dash: Int
    ) -> TextEdit {
        let lineStart = lines.start(of: kept.start)
        let comments = lines.directComments(above: lineStart, from: lines.end(behind: end))
        guard comments < lineStart else { return TextEdit(first.start..<kept.start, "") }
        return TextEdit(dash + 1..<comments, lines.lineBreak)
    }

    private func replacement(
        of pair: YAMLLayout.Pair, _ key: String, with value: JSONValue, column: Int
    ) -> [TextEdit] {
        let colonEnd = (pair.colon ?? pair.end) + 1
        let range = pair.value.map { textRange(of: $0) } ?? colonEnd..<colonEnd
        let isBelow = lines.hasBreak(in: colonEnd..<range.lowerBound)
        let isBlock = pair.value?.isBlockCollection == true
        // What stood in brackets stays in them where it fits.
        let openLevels = pair.value?.isFlow == true ? 0 : RuleMembers.openLevels(ofKey: key, value)
        let form = writer.form(of: value, column: column + 2, room: column + key.utf8.count + 2, openLevels: openLevels)
        switch form {
        case .inline(let text) where !isBelow || !isBlock && pair.value != nil:
            return [TextEdit(range, range.lowerBound == colonEnd ? " " + text : text)]
        case .inline(let text):
            let firstLine = lines.bytes[colonEnd..<lines.textEnd(of: colonEnd)].drop { $0 == 0x20 || $0 == 0x09 }
            let comment = firstLine.isEmpty ? "" : "  " + String(decoding: firstLine, as: UTF8.self)
            return [TextEdit(colonEnd..<lines.textEnd(of: range.upperBound), " " + text + comment)]
        case .lines(let texts) where isBelow:
            let end = lines.end(behind: range.upperBound)
            return [TextEdit(lines.start(of: range.lowerBound)..<end, lines.block(texts, column: column + 2))]
        case .lines(let texts):
            let end = lines.end(behind: range.upperBound)
            return [
                TextEdit(colonEnd..<range.upperBound, ""),
                TextEdit(end..<end, lines.opening(at: end) + lines.block(texts, column: column + 2)),
            ]
        }
    }

    /// Without the line breaks that a text in `|+` form ends with.
    private func textRange(of node: YAMLLayout.Node) -> Range<Int> {
        var end = node.range.upperBound
        while end > node.range.lowerBound, TextLines.isBreak(lines.bytes[end - 1]) { end -= 1 }
        return node.range.lowerBound..<end
    }
}
