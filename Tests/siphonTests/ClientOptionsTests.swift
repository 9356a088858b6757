import SocketIOClient
import Testing

@testable import siphon

@Suite("ClientOptions")
struct ClientOptionsTests {
    private func parse(_ words: String...) throws -> ClientOptions { try ClientOptions(parsing: words[...]) }

    @Test("has defaults")
    func defaults() throws {
        let options = try parse("http://a:1")
        #expect((options.url, options.namespaces, options.transports) == ("http://a:1", ["/"], []))
        #expect(options.auth == nil && options.oneShot == nil && options.path == "/socket.io/")
        #expect(!options.asJSON && !options.listens && !options.isInsecure && options.timeout == .seconds(10))
    }

    @Test("reads every option")
    func reads() throws {
        let options = try parse(
            "--namespace", "/chat", "--namespace=b", "--namespace", "/chat", "--auth", #"{"n":1.0}"#, "wss://h",
            "--transport", "websocket", "--transport", "polling", "--path", "/x", "--header", "A: b: c",
            "--header=B:", "--insecure", "--trust", "f.pem", "--proxy", "http://p:1", "--json", "--listen",
            "--timeout", "1.5")
        #expect(options.url == "wss://h" && options.namespaces == ["/chat", "/b"])
        #expect(options.auth == (try SocketIOValue(json: #"{"n":1.0}"#)))
        #expect(options.transports == [.websocket, .polling] && options.path == "/x")
        #expect(options.headers == ["A": "b: c", "B": ""])
        #expect(options.isInsecure && options.trustFile == "f.pem" && options.proxy == "http://p:1")
        #expect(options.asJSON && options.listens && options.timeout == .milliseconds(1500))
    }

    @Test(
        "adds the scheme that is left out",
        arguments: [
            ("localhost:3000", "http://localhost:3000"), ("h", "http://h"), ("https://h/", "https://h/"),
            ("ws://h?a=b/c", "ws://h?a=b/c"),
        ])
    func url(word: String, url: String) throws {
        #expect(try parse(word).url == url)
    }

    @Test("takes one event with its arguments")
    func oneShot() throws {
        let options = try parse("h", "--emit", "say", "1.0", "--ack", #"{"a":[1]}"#, "two words", "-3", "--", "--x", "")
        let arguments: [SocketIOValue] = [
            try SocketIOValue(json: "1.0"), ["a": [1]], "two words", -3, "--x", "",
        ]
        #expect(options.oneShot == .init(name: "say", arguments: arguments, wantsAck: true))
        #expect(try parse("h", "--emit", "say").oneShot == .init(name: "say", arguments: [], wantsAck: false))
    }

    @Test(
        "refuses the rest in one line, with 64",
        arguments: [
            [], ["ftp://h"], ["http://"], ["h", "more"], ["h", "--ack"], ["h", "--emit"], ["h", "--emit", ""],
            ["h", "--emit", "e", "{bad"], ["h", "--namespace", "/a,b"], ["h", "--auth", "x"], ["h", "--auth"],
            ["h", "--transport", "tcp"], ["h", "--path", "a b"], ["h", "--path", "/a?b"], ["h", "--header", "no"],
            ["h", "--header", ": x"], ["h", "--timeout", "0"], ["h", "--timeout", "nan"], ["h", "--timeout", "1e9"],
            ["h", "--jsn"], ["h", "--json=1"], ["http://h/chat"],
        ])
    func refuses(words: [String]) throws {
        let error = try #require(throws: CommandError.self) { try ClientOptions(parsing: words[...]) }
        #expect(error.status == 64)
        #expect(error.message.count > 15 && !error.message.contains("\n"))
    }

    @Test("says what a path in the URL may have meant")
    func path() throws {
        let error = try #require(throws: CommandError.self) { try parse("http://h/chat") }
        #expect(error.message.contains("--namespace /chat") && error.message.contains("--path /chat"))
    }

    @Test("says which file cannot be read, with 1")
    func missingFile() throws {
        let error = try #require(throws: CommandError.self) { try parse("h", "--auth", "@/nowhere/auth.json") }
        #expect(error.status == 1 && error.message.hasPrefix("/nowhere/auth.json cannot be opened"))
    }
}
