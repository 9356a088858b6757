import LosslessJSON
import SiphonCore
import SiphonRules

/// Rules as a table for a terminal: each on one line, cut where the terminal ends.
struct RuleTable {
    let lines: [String]

    /// - Parameters:
    ///   - rules: as `GET rules` shows them.
    ///   - now: nanoseconds since 1970, UTC.
    init(_ rules: [JSONValue], now: Int64, columns: Int, hasColors: Bool) {
        let rows = rules.map { Self.cells($0, now: now) }
        let widths = Self.widths(of: [Self.titles] + rows, columns: columns)
        func line(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                let text = TerminalText.cut(cell, to: width)
                return text + String(repeating: " ", count: max(0, width - TerminalText.width(of: text)))
            }
            let text = padded.joined(separator: "  ")
            return TerminalText.cut(
                String(text.prefix(through: text.lastIndex { $0 != " " } ?? text.startIndex)), to: columns)
        }
        func colored(_ text: String, _ code: Int) -> String { hasColors ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
        var lines = [colored(line(Self.titles), 1)]
        for (rule, cells) in zip(rules, rows) {
            lines.append(rule["enabled"]?.bool == false ? colored(line(cells), 2) : line(cells))
            if let error = rule["error"]?.string {
                lines.append(colored(TerminalText.cut("    " + TerminalText.plain(error), to: columns), 31))
            }
        }
        self.lines = lines
    }

    private static let titles = ["ID", "ON", "HITS", "LAST HIT", "NAME", "WHEN", "THEN"]
    /// Those from here on share what the others leave.
    private static let firstElastic = 4

    private static func cells(_ rule: JSONValue, now: Int64) -> [String] {
        func text(_ key: String) -> String { rule[key]?.string ?? "" }
        let isOn = rule["enabled"]?.bool != false
        let then = (rule["then"].map(RuleSummary.actions) ?? "") + (rule["stop"]?.bool == true ? "; stop" : "")
        let lastHit = rule["lastHit"]?.string.map { age($0, now: now) } ?? "-"
        let cells = [
            text("id"), isOn ? "on" : "off", String(rule["hits"]?.int ?? 0), lastHit, text("name"),
            text("when") + conditions(rule), then,
        ]
        return cells.map(TerminalText.plain)
    }

    private static let plainKeys: Set = [
        "id", "name", "when", "then", "enabled", "stop", "source", "hits", "lastHit", "error",
    ]

    private static func conditions(_ rule: JSONValue) -> String {
        (rule.members ?? []).filter { !plainKeys.contains($0.key.value) }
            .map { "  \($0.key.value): \(RuleSummary.value($0.value))" }.joined()
    }

    /// How long ago a time of the API is.
    private static func age(_ time: String, now: Int64) -> String {
        guard let then = APITime.seconds(time) else { return time }
        let seconds = max(0, now / 1_000_000_000 - then)
        switch seconds {
        case ..<60: return "\(seconds) s ago"
        case ..<3600: return "\(seconds / 60) min ago"
        case ..<172_800: return "\(seconds / 3600) h ago"
        default: return "\(seconds / 86_400) d ago"
        }
    }

    /// Each column as wide as its widest cell; where that is too much, the elastic ones that want more than their share
    /// get an equal part of what is left.
    private static func widths(of rows: [[String]], columns: Int) -> [Int] {
        var widths = titles.indices.map { column in rows.map { TerminalText.width(of: $0[column]) }.max() ?? 0 }
        var left = columns - 2 * (titles.count - 1) - widths[..<firstElastic].reduce(0, +)
        var open = Array(firstElastic..<titles.count)
        while !open.isEmpty {
            let share = max(4, left / open.count)
            let content = open.filter { widths[$0] <= share }
            guard !content.isEmpty else {
                for (place, column) in open.enumerated() {
                    widths[column] = share + (place < left - share * open.count ? 1 : 0)
                }
                break
            }
            left -= content.reduce(0) { $0 + widths[$1] }
            open.removeAll { content.contains($0) }
        }
        return widths
    }
}
