import SocketIOClient
import Testing

@testable import siphon

@Suite("Statement")
struct StatementTests {
    @Test(
        "reads what is typed",
        arguments: [
            ("", .nothing), ("  ", .nothing), ("help", .help), (" quit ", .quit), ("status", .status),
            ("history", .history), ("in /chat", .enter(namespace: "/chat")), ("in chat", .enter(namespace: "/chat")),
            ("connect", .connect(namespaces: [])), ("connect /a b", .connect(namespaces: ["/a", "/b"])),
            ("disconnect", .disconnect(namespace: nil)), ("disconnect /a", .disconnect(namespace: "/a")),
            ("emit chat", .emit(name: "chat", arguments: [])),
            ("call sum 1 2", .call(name: "sum", arguments: [1, 2])),
            ("send hi there", .emit(name: "message", arguments: ["hi", "there"])),
            ("send", .emit(name: "message", arguments: [])),
            (#"emit "my event" "a b""#, .emit(name: "my event", arguments: ["a b"])),
            (
                #"emit e {"a": "} ]", "b": [1, {}]} [ ] true null x"#,
                .emit(name: "e", arguments: [["a": "} ]", "b": [1, [:]]], [], true, nil, "x"])
            ),
            (#"emit e "\"q\\" -1 nul 1x"#, .emit(name: "e", arguments: [#""q\"#, -1, "nul", "1x"])),
            ("emit e\u{3000}漢字\t😀", .emit(name: "e", arguments: ["漢字", "😀"])),
            (#"emit e "--ack""#, .emit(name: "e", arguments: ["--ack"])),
            ("emit --ack", .emit(name: "--ack", arguments: [])),
            ("emit e --ack 1", .emit(name: "e", arguments: ["--ack", 1])),
            (#"emit e {"$binary":"AQID"}"#, .emit(name: "e", arguments: [.binary([1, 2, 3])])),
            ("emit e \"\u{301}x\"", .emit(name: "e", arguments: ["\u{301}x"])),
        ] as [(String, Statement)])
    func reads(line: String, statement: Statement) throws {
        #expect(try Statement(parsing: line) == statement)
    }

    @Test("keeps the text of numbers")
    func numbers() throws {
        guard case .emit(_, let arguments) = try Statement(parsing: "emit e 1.0 12345678901234567890123") else {
            Issue.record("no emit")
            return
        }
        #expect(arguments.map(\.jsonText) == ["1.0", "12345678901234567890123"])
    }

    @Test(
        "says what is wrong with the rest",
        arguments: [
            ("emit", "emit chat"), ("call ", "call chat"), (#"emit """#, "name of an event"), (#"emit "a"#, "no JSON"),
            ("emit e {a}", "no JSON"), ("emit e {\"a\":1", "no JSON"), ("emit e {}{}", "no JSON"),
            ("emit e [1]]", "no JSON"), ("in", "in /chat"), ("in a b", "in /chat"), ("in a,b", "/chat"),
            ("disconnect a b", "one namespace"), ("help me", "nothing behind help"), ("hello", "emit hello"),
            (#""my event" 1"#, #"no command “my event”: emit "my event" …"#), (#""half"#, #"no command “"half”"#),
            ("emit sum 1 --ack", "call sum"), (#"emit "my event" {"a":1} --ack "#, #"call "my event""#),
            ("call sum --ack", "call sum"), ("send hi --ack", "call message"), (#"emit e "half --ack"#, "no JSON"),
        ])
    func refuses(line: String, part: String) throws {
        let fault = try #require(throws: Statement.Fault.self) { try Statement(parsing: line) }
        #expect(fault.message.contains(part), "\(fault.message)")
        #expect(!fault.message.contains("\n"))
    }

    @Test(
        "writes a name as it is typed",
        arguments: [
            ("chat", "chat"), ("my event", #""my event""#), ("", #""""#), (#""q""#, #""\"q\"""#), ("a\"b", "a\"b"),
            ("\u{1B}[2J", #""\u001b[2J""#), ("\u{202E}", #""\u202e""#),
        ])
    func word(name: String, word: String) throws {
        #expect(Statement.word(name) == word)
        guard !name.isEmpty else { return }
        #expect(try Statement(parsing: "emit " + word) == .emit(name: name, arguments: []))
    }

    @Test("teaches every command that it reads")
    func commands() {
        for command in Statement.commands {
            do { _ = try Statement(parsing: command.name) } catch {
                #expect(!"\(error)".contains("no command"), "\(command.name)")
            }
        }
    }
}

@Suite("Completion")
struct CompletionTests {
    private static let events = ["chat", "chatter", "my event", "join"]

    @Test(
        "completes commands, names and namespaces",
        arguments: [
            ("", Statement.commands.map(\.name).sorted(), ""), ("em", ["emit"], "emit "), ("x", [], nil),
            ("c", ["call", "connect"], "c"), ("emit ", ["\"my event\"", "chat", "chatter", "join"], ""),
            ("emit ch", ["chat", "chatter"], "chat"), ("call j", ["join"], "join "),
            ("emit \"m", ["\"my event\""], "\"my event\" "),
            ("emit chat c", [], nil), ("in /", ["/", "/chat"], "/"), ("connect /x /c", ["/chat"], "/chat "),
            ("send c", [], nil),
        ] as [(String, [String], String?)])
    func completes(text: String, candidates: [String], insertion: String?) {
        let completion = Completion(of: text, events: Self.events, namespaces: ["/", "/chat"])
        #expect(completion.candidates == candidates)
        #expect(completion.insertion == insertion)
        #expect(
            completion.start == text.count
                - (text.split(separator: " ", omittingEmptySubsequences: false).last?.count ?? 0))
    }
}
