import LosslessJSON

@testable import SiphonRules

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Rules and files that nobody would write, and some that somebody would.
struct RandomRules {
    var generator: SeededGenerator

    private static let texts = [
        "", "a", "a b", " a", "a ", "a: b", "a:", "a #b", "#a", "- a", "-", "?", ": a", "[a]", "{a}", "a, b", "'", "\"",
        "it's \"a\"",
        "\\", "\\n", "a\nb", "\n", "\n\n a\n", "\t", "a\tb", "\r\n", "null", "~", "true", "False", "yes", "n", "1",
        "-1.0", "1e3", "0x1F", ".inf",
        "2026-01-01", "12:30", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "---", "...", "<<", "=", "é", "e\u{301}",
        "😀", "\u{0}", "\u{1b}[31m",
        "\u{85}", "\u{2028}", "a\u{feff}", "\u{202e}a", "args[0].a", "event:x", "a\u{a0}b", "{{now}}", "{{{{",
        "# a\n# b",
        "- when: a\n  then: drop",
    ]

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func text() -> String { Self.texts.randomElement(using: &generator) ?? "" }

    mutating func value(depth: Int = 3) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 7), using: &generator) {
        case 0: .null
        case 1: .bool(chance(50))
        case 2, 3: number()
        case 4...6: JSONValue(text())
        case 7: .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in value(depth: depth - 1) })
        default: object(depth: depth)
        }
    }

    private mutating func number() -> JSONValue {
        let texts = ["0", "-0", "1.0", "1.50", "1e3", "1E+400", "-12345678901234567890", "0.1e-5"]
        return (try? JSONValue(parsing: texts.randomElement(using: &generator) ?? "0")) ?? .null
    }

    private mutating func object(depth: Int) -> JSONValue {
        var members: [JSONMember] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            let key = text()
            guard !members.contains(where: { $0.key.value == key }) else { continue }
            members.append(JSONMember(JSONString(key), value(depth: depth - 1)))
        }
        return .object(members)
    }

    private mutating func action() -> JSONValue {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: return "drop"
        case 4: return ["mark": ["a", "b"]]
        case 5: return ["delay": ["for": "250ms", "jitter": "1s"]]
        case 1: return ["drop": ["ack": .array((0..<Int.random(in: 0...5, using: &generator)).map { _ in value() })]]
        default:
            let paths = ["args[0]", "args[1].a[2]", "args[2][\"b c\"]", "ack.args[0].é"].shuffled(using: &generator)
            let count = Int.random(in: 1...paths.count, using: &generator)
            return ["set": .object(paths.prefix(count).map { JSONMember(JSONString($0), value()) })]
        }
    }

    /// As the API takes it.
    mutating func rule() -> JSONValue {
        let filters = [
            "", "event:a", "event:\"a b\" -from:client", "not \"'\" or (ns:/x*)", "\"# a\"", "conn:c1|c2  kind:ack",
            "a\\b",
        ]
        var members = [
            JSONMember("when", JSONValue(filters.randomElement(using: &generator) ?? "")),
            JSONMember(
                "then",
                chance(50) ? action() : .array((0...Int.random(in: 0...2, using: &generator)).map { _ in action() })),
        ]
        if chance(70) { members.insert(JSONMember("name", JSONValue(text())), at: 0) }
        if chance(30) { members.append(JSONMember("enabled", .bool(chance(50)))) }
        if chance(30) { members.append(JSONMember("stop", .bool(chance(50)))) }
        if chance(20) { members.append(JSONMember("for", "1.5s")) }
        if chance(20) { members.append(JSONMember("times", 3)) }
        if chance(20), let half = try? JSONValue(parsing: "0.50") { members.append(JSONMember("probability", half)) }
        return .object(members)
    }

    // MARK: Files

    /// A file with `count` rules that somebody wrote: in several forms, with comments that name the rule.
    mutating func file(count: Int) -> String {
        let lineBreak = chance(20) ? "\r\n" : "\n"
        let text = chance(25) ? bracketFile(count) : lineFile(count)
        let cut = chance(15) && text.hasSuffix("\n") && !text.hasSuffix("\n\n") ? String(text.dropLast()) : text
        return cut.replacing("\n", with: lineBreak)
    }

    private mutating func lineFile(_ count: Int) -> String {
        var text = "# start\n" + (chance(20) ? "---\n" : "") + (chance(30) ? "\"rules\":" : "rules:")
        text += count == 0 ? [" []", "", " null", " ~"].randomElement(using: &generator) ?? "" : ""
        text += chance(30) ? "  # list\n" : "\n"
        let indent = String(repeating: " ", count: Int.random(in: 0...4, using: &generator))
        let gap = chance(50) ? "\n" : ""
        for index in 0..<count {
            if index > 0 { text += gap }
            if chance(20) { text += "\(indent)# free \(index)\n\n" }
            if chance(60) { text += "\(indent)# above \(index)\n" }
            text += chance(30) ? indent + "- " + flow(index) + "  # in \(index)\n" : lines(index, indent)
            if chance(15) { text += "\(indent)  # below \(index)\n" }
        }
        return text + gap + (chance(70) ? "# end\n" : "") + (chance(10) ? "...\n" : "")
    }

    private mutating func lines(_ index: Int, _ indent: String) -> String {
        let members = rule().members ?? []
        let writer = YAMLWriter()
        var text = ""
        for (place, member) in members.enumerated() {
            let key = member.key.value
            let lead = indent + (place == 0 ? "- " : "  ")
            if place > 0, chance(20) { text += "\(indent)  # in \(index)\n" }
            let keyText = chance(15) ? "\"\(key)\"" : key
            if key == "when", chance(15) {
                text += "\(lead)\(keyText): \(chance(50) ? "|-" : ">-")\n\(indent)    \(member.value.string ?? "")\n"
            } else if chance(50) {
                text += "\(lead)\(keyText): \(writer.flow(member.value))" + (chance(30) ? "  # in \(index)\n" : "\n")
            } else {
                let openLevels = RuleMembers.openLevels(ofKey: key, member.value)
                let lines = writer.lines(ofKey: key, member.value, column: 2, openLevels: openLevels)
                text += lead + lines.joined(separator: "\n" + indent + "  ") + "\n"
            }
        }
        return text
    }

    private mutating func flow(_ index: Int) -> String { YAMLWriter().flow(rule()) }

    private mutating func bracketFile(_ count: Int) -> String {
        let isJSON = chance(50)
        let writer = YAMLWriter(isJSON: isJSON)
        let isLong = chance(50)
        var text = (isJSON ? "{\"rules\": [" : "rules: [") + (isLong && !isJSON ? " # list\n" : isLong ? "\n" : "")
        for index in 0..<count {
            if isLong, !isJSON, chance(30) { text += "  # free \(index)\n\n" }
            if isLong, !isJSON, chance(50) { text += "  # above \(index)\n" }
            text += (isLong ? "  " : "") + writer.flow(rule())
            text += index + 1 < count || !isJSON && chance(20) ? "," : ""
            text += isLong ? (!isJSON && chance(40) ? "  # in \(index)\n" : "\n") : index + 1 < count ? " " : ""
        }
        return text + (isJSON ? "]}\n" : "] # end\n")
    }
}
