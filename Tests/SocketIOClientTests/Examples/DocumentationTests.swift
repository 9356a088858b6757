import Foundation
import Testing

/// Holds the documentation against the examples and the sources.
@Suite("Documentation")
struct DocumentationTests {
    private static let catalog = "Sources/SocketIOClient/SocketIOClient.docc"
    private static let articles = [
        "SocketIOClient.md", "ComingFromPython.md", "Differences.md", "Surface.md",
    ]
    private static let firstProgram = "Sources/Examples/FirstProgram.swift"

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func files(in folder: String) -> [String] {
        let root = Repository.root.appendingPathComponent(folder)
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        return names.filter { $0.hasSuffix(".swift") }.sorted().map { "\(folder)/\($0)" }
    }

    /// The code between ```` ```swift ```` and ```` ``` ````.
    private static func blocks(of path: String) throws -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "```", let lines = block {
                blocks.append(lines.joined(separator: "\n"))
                block = nil
            } else if line == "```swift" {
                block = []
            } else {
                block?.append(line)
            }
        }
        return blocks
    }

    /// What stands between `// example: NAME` and `// end`, without the indentation of the former.
    private static func regions(of path: String) throws -> [(name: String, code: String)] {
        var regions: [(String, String)] = []
        var region: (name: String, indentation: Int, lines: [Substring])?
        for line in try text(path).split(separator: "\n", omittingEmptySubsequences: false) {
            let code = line.drop { $0 == " " }
            if code == "// end", let ended = region {
                regions.append((ended.name, ended.lines.joined(separator: "\n")))
                region = nil
            } else if code.hasPrefix("// example: ") {
                region = (String(code.dropFirst("// example: ".count)), line.count - code.count, [])
            } else if let indentation = region?.indentation {
                region?.lines.append(line.dropFirst(indentation))
            }
        }
        #expect(region == nil, "\(path): \(region?.name ?? "") has no end")
        return regions
    }

    private static func regions() throws -> [(name: String, code: String)] {
        let examples = files(in: "Tests/SocketIOClientTests/Examples").filter { !$0.hasSuffix("Tests.swift") }
        return try examples.flatMap { try regions(of: $0) }
    }

    @Test("each Swift block is one that is compiled and run, and each of those is shown")
    func blocksAreExamples() throws {
        let regions = try Self.regions()
        #expect(Set(regions.map(\.name)).count == regions.count, "two examples have one name")
        let program = try Self.text(Self.firstProgram).trimmingCharacters(in: .newlines)
        var shown: Set<String> = []
        for article in Self.articles {
            for block in try Self.blocks(of: "\(Self.catalog)/\(article)") where block != program {
                let region = regions.first { $0.code == block }
                #expect(region != nil, "\(article) shows what no example is:\n\(block)")
                region.map { _ = shown.insert($0.name) }
            }
        }
        #expect(regions.count > 20)
        #expect(regions.map(\.name).filter { !shown.contains($0) } == [])
    }

    @Test(
        "the first program stands wherever it should",
        arguments: ["\(catalog)/SocketIOClient.md", "\(catalog)/ComingFromPython.md", "README.md"])
    func firstProgram(path: String) throws {
        let program = try Self.text(Self.firstProgram).trimmingCharacters(in: .newlines)
        #expect(try Self.blocks(of: path).contains(program))
    }

    @Test("what it links to is there", arguments: articles)
    func links(article: String) throws {
        let declared = try Declared()
        let text = try Self.prose(of: "\(Self.catalog)/\(article)")
        for match in text.matches(of: /``([A-Za-z]+)(?:\/([A-Za-z]+))?``/) where match.1 != "SocketIOClient" {
            #expect(declared.types.contains(match.1), "there is no type \(match.1)")
            guard let member = match.2 else { continue }
            #expect(declared.members.contains(member), "there is no \(match.1).\(member)")
        }
        for match in text.matches(of: /<doc:([A-Za-z]+)>/) {
            #expect(Self.articles.contains("\(match.1).md"), "there is no article \(match.1)")
        }
    }

    @Test("what the tables say something is called is called that", arguments: ["Differences.md", "Surface.md"])
    func names(article: String) throws {
        let declared = try Declared()
        var names: Set<Substring> = []
        for line in try Self.text("\(Self.catalog)/\(article)").split(separator: "\n") where line.hasPrefix("|") {
            guard let cell = line.split(separator: "|").dropFirst().first else { continue }
            for match in cell.matches(of: /`\.?([a-z][A-Za-z]+)(\([A-Za-z_:]*\)|:)?`/) {
                names.insert(match.1)
                names.formUnion((match.2 ?? "").split { !$0.isLetter })
            }
        }
        #expect(names.count > 10)
        let events: Set<Substring> = ["connect", "disconnect", "error"]
        #expect(names.subtracting(declared.members).subtracting(events).sorted() == [])
    }

    /// The article without its code.
    private static func prose(of path: String) throws -> String {
        let pieces = try text(path).split(separator: "```", omittingEmptySubsequences: false)
        return pieces.enumerated().filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined()
    }

    /// What the library declares as public, by name alone.
    private struct Declared {
        var types: Set<Substring> = []
        /// With the labels of parameters.
        var members: Set<Substring> = []

        init() throws {
            for file in DocumentationTests.files(in: "Sources/SocketIOClient") {
                // Parameters stand on lines of their own behind `public func name(`.
                var isInParameters = false
                for line in try DocumentationTests.text(file).split(separator: "\n") {
                    let words = line.split { !$0.isLetter }
                    let isPublic = ["public", "open", "case"].contains(words.first)
                    guard isPublic || isInParameters else { continue }
                    if isPublic, let kind = words.firstIndex(where: { Self.kinds.contains($0) }) {
                        types.formUnion(words[kind...].dropFirst().prefix(1))
                    }
                    members.formUnion(words)
                    isInParameters = !line.hasSuffix("{") && (isInParameters || line.hasSuffix("("))
                }
            }
        }

        private static let kinds: Set<Substring> = ["class", "struct", "enum", "protocol", "typealias"]
    }
}
