import Foundation
import LosslessJSON
import SiphonCore
import Testing

@testable import SiphonRules

@Suite("RuleFile, at random")
final class RandomRuleFileTests {
    private let url = FileManager.default.temporaryDirectory.appending(path: "siphon-random-\(UUID()).yaml")

    deinit { try? FileManager.default.removeItem(at: url) }

    @Test("whatever is done to the rules, what is saved reads as they are", arguments: 0..<40 as Range<UInt64>)
    func saves(seed: UInt64) async throws {
        var random = RandomRules(generator: SeededGenerator(seed: seed))
        let source = random.file(count: Int.random(in: 0...6, using: &random.generator))
        try Data(source.utf8).write(to: url)
        let store = RuleStore()
        let file = RuleFile(url.path, into: store)
        try await file.load()
        var comments = Comments(source, store.list())
        if store.list().isEmpty { comments.forgetBrackets() }

        for _ in 0..<5 {
            for _ in 0..<Int.random(in: 0...4, using: &random.generator) {
                comments.note(try change(store, &random))
            }
            let before = store.list()
            if before.isEmpty { comments.forgetBrackets() }
            _ = try await file.save()
            #expect(store.list().map(\.id) == before.map(\.id))
            let text = try String(contentsOf: url, encoding: .utf8)
            let again = RuleStore()
            try await RuleFile(url.path, into: again).load()
            let read = again.list().map(\.rule.json)
            #expect(read.count == before.count && zip(read, before).allSatisfy { $0.means($1.rule.json) }, "\(text)")
            comments.check(text, seed: seed)
        }
    }

    /// Changes the rules as the API does; returns the rule that went or became another.
    private func change(_ store: RuleStore, _ random: inout RandomRules) throws -> (RuleID, isGone: Bool)? {
        let rules = store.list()
        guard let one = rules.randomElement(using: &random.generator), !random.chance(25) else {
            try store.add(random.rule())
            return nil
        }
        switch Int.random(in: 0..<5, using: &random.generator) {
        case 0:
            store.remove(one.id)
            return (one.id, true)
        case 1:
            try store.replace(one.id, random.rule())
            return (one.id, false)
        case 2:
            try store.reorder(rules.map(\.id).shuffled(using: &random.generator))
            return nil
        default:
            try store.replace(one.id, try one.rule.with(["enabled": .bool(!one.rule.enabled)]).json)
            return nil
        }
    }

    /// The comments of a file, and which of them must still be there.
    private struct Comments {
        private var lasting: [String]
        /// Of each rule of the file: those above it, and those in it.
        private var above: [RuleID: [String]] = [:]
        private var inside: [RuleID: [String]] = [:]
        private var gone: [String] = []

        private let isBrackets: Bool

        init(_ text: String, _ rules: [RuleStatus]) {
            isBrackets = text.contains("rules: [") || text.contains("\"rules\": [")
            lasting = ["# start", "# list", "# end"].filter { text.contains($0) }
            for (index, rule) in rules.enumerated() {
                let lines = text.components(separatedBy: .newlines)
                lasting += lines.filter { $0.hasSuffix("# free \(index)") }.map { _ in "# free \(index)" }
                above[rule.id] = lines.filter { $0.hasSuffix("# above \(index)") }.map { _ in "# above \(index)" }
                inside[rule.id] = lines.filter { $0.hasSuffix("# in \(index)") || $0.hasSuffix("# below \(index)") }.map
                {
                    String($0[($0.range(of: "# ", options: .backwards)?.lowerBound ?? $0.startIndex)...])
                }
            }
        }

        mutating func note(_ change: (id: RuleID, isGone: Bool)?) {
            guard let change else { return }
            inside[change.id] = nil
            guard change.isGone else { return }
            gone += above[change.id] ?? []
            above[change.id] = nil
        }

        /// Comments in an empty list in brackets come to stand above the first rule that is made, and go with it.
        mutating func forgetBrackets() {
            if isBrackets { lasting.removeAll { $0 != "# end" } }
        }

        func check(_ text: String, seed: UInt64) {
            var left = text.components(separatedBy: .newlines)
            for comment in lasting + above.values.joined() + inside.values.joined() {
                let index = left.firstIndex { $0.hasSuffix(comment) }
                #expect(index != nil, "\(comment) is lost, seed \(seed): \(text)")
                if let index { left.remove(at: index) }
            }
            for comment in gone {
                #expect(!left.contains { $0.hasSuffix(comment) }, "\(comment) is left, seed \(seed): \(text)")
            }
        }
    }
}
