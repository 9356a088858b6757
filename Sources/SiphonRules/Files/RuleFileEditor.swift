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
    let layout: YAMLLayout
    let key: YAMLLayout.Pair
    let rules: [Rule]
    let writer: YAMLWriter

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

    static let unfollowed = RuleError(
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
        throw unwritable(entries) ?? Self.unfollowed
    }

    /// The first rule that cannot be written, even by itself.
    private func unwritable(_ entries: [Entry]) -> RuleError? {
        for (index, entry) in entries.enumerated() {
            let alone = "rules:\n" + block(entry.rule, column: 0)
            do throws(RuleError) { try Self.check(alone, says: [entry.rule]) } catch {
                return RuleError(path: "rules[\(index)]", message: "cannot be written as YAML: \(error.message)")
            }
        }
        return nil
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
    func edits(_ entry: Entry, _ origin: Int, _ item: YAMLLayout.Item, _ anew: Set<Int>) -> [TextEdit]? {
        guard let node = item.node, !anew.contains(origin) else { return nil }
        guard !isUnchanged(entry, origin) else { return [] }
        return RuleTextEditor(lines, writer, from: rules[origin], to: entry.rule).edits(
            of: node, dash: node.isFlow ? nil : item.start)
    }

    func flow(_ rule: Rule) -> String { writer.flow(.object(RuleMembers(rule).written)) }

    func block(_ rule: Rule, column: Int) -> String {
        let texts = RuleMembers(rule).written.flatMap { member in
            let key = member.key.value
            let openLevels = RuleMembers.openLevels(ofKey: key, member.value)
            return writer.lines(ofKey: key, member.value, column: column + 2, openLevels: openLevels)
        }
        return lines.block(texts.enumerated().map { ($0.offset == 0 ? "- " : "  ") + $0.element }, column: column)
    }
}
