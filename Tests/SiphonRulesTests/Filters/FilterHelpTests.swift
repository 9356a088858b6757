import EngineIOCore
import Foundation
import SiphonCore
import Testing

@testable import SiphonRules

@Suite("Help on filters")
struct FilterHelpTests {
    private static let text: String = {
        let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
        return (try? String(contentsOf: root.appending(path: "web/help/filters.txt"), encoding: .utf8)) ?? ""
    }()

    /// What stands at the beginning of the lines that are set in by two spaces, up to the next two.
    private static let examples: [String] = text.split(separator: "\n").compactMap { line in
        guard line.hasPrefix("  "), !line.hasPrefix("   ") else { return nil }
        let example = line.dropFirst(2)
        return String(example[..<(example.firstRange(of: "  ")?.lowerBound ?? example.endIndex)])
    }

    @Test("has examples")
    func hasExamples() { #expect(Self.examples.count > 40) }

    @Test("shows examples that can be read, and printed back", arguments: examples)
    func parses(example: String) throws {
        let filter = try Filter(parsing: example)
        #expect(try Filter(parsing: filter.text) == filter)
    }

    @Test("shows each kind of term")
    func showsTerms() throws {
        for key in FilterParser.keys + ["args[0].room", "ack.args[0].ok", "name"] {
            #expect(Self.examples.contains { $0.hasPrefix("\(key):") }, "\(key) is not shown")
        }
    }

    @Test("names each word that a term may have")
    func namesWords() {
        let words = Set(Self.text.split { !$0.isLetter && $0 != "_" }.map(String.init))
        let all = EventKind.allCases.map(\.word) + FilterState.all.map(\.word) + Side.allCases.map(\.word)
        for word in all + ["polling", "websocket", "json", "msgpack", "exists"] { #expect(words.contains(word)) }
    }

    @Test("fits a terminal")
    func fits() { #expect(Self.text.split(separator: "\n").allSatisfy { $0.count <= 120 }) }
}
