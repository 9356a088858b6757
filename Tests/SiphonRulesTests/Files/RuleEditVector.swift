import Foundation
import LosslessJSON
import Testing

@testable import SiphonRules

/// A rule file, what becomes of its rules, and the file after that: from `Tests/Vectors/rule-edits.txt`, which says how
/// it is read.
struct RuleEditVector: CustomTestStringConvertible, Sendable {
    let name: String
    var source = ""
    var edits: [String] = []
    var expected = ""

    var testDescription: String { name }

    static let all: [RuleEditVector] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        do {
            return parse(try String(contentsOf: folder.appending(path: "Vectors/rule-edits.txt"), encoding: .utf8))
        } catch {
            Issue.record("rule-edits.txt: \(error)")
            return []
        }
    }()

    private static func parse(_ text: String) -> [RuleEditVector] {
        var vectors: [RuleEditVector] = []
        var isExpected = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("=== ") {
                vectors.append(RuleEditVector(name: String(line.dropFirst(4))))
                isExpected = false
            } else if line.hasPrefix(">>>"), let last = vectors.indices.last {
                let edit = String(line.dropFirst(4))
                if edit == "same" { vectors[last].expected = vectors[last].source }
                isExpected = edit.isEmpty
                if !edit.isEmpty, edit != "same" { vectors[last].edits.append(edit) }
            } else if let last = vectors.indices.last {
                let line = line.hasSuffix("∎") ? String(line.dropLast()) : line + "\n"
                let text = line.replacing("⇥", with: "\t").replacing("␍", with: "\r").replacing("␠", with: " ")
                if isExpected { vectors[last].expected += text } else { vectors[last].source += text }
            }
        }
        return vectors
    }

    func save() throws -> String {
        let file = try RuleFileText(source)
        var rules: [Rule] = []
        var origins: [Int?] = []
        for edit in edits {
            let words = edit.split(separator: " ", maxSplits: 1)
            let json = words.count > 1 ? try JSONValue(parsing: String(words[1])) : .object([])
            let origin = Int(words[0])
            rules.append(try origin.map { try file.rules[$0].with(json) } ?? RuleParser.rule(from: json))
            origins.append(origin)
        }
        return try file.replacing(rules, origins: origins).text
    }
}

extension Rule {
    /// With members in the place of others; null takes one away.
    func with(_ json: JSONValue) throws -> Rule {
        let changes = json.members ?? []
        let kept = self.json.members?.filter { member in !changes.contains { $0.key == member.key } } ?? []
        return try RuleParser.rule(from: .object(kept + changes.filter { $0.value != .null }))
    }
}
