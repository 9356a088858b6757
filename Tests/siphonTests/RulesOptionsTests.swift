import SiphonCore
import Testing

@testable import siphon

@Suite("RulesOptions")
struct RulesOptionsTests {
    private static let token = "0123456789abcdef"
    private static let other = "fedcba9876543210"

    private func parse(_ words: [String], _ environment: [String: String] = [:]) throws -> RulesOptions {
        try RulesOptions(parsing: words[...], environment: environment)
    }

    @Test(
        "reads what is asked",
        arguments: [
            (["list"], .list(asJSON: false)), (["list", "--json"], .list(asJSON: true)), (["save"], .save),
            (["add", "{}"], .add("{}")), (["add"], .add("-")), (["add", "-"], .add("-")),
            (["remove", "r1", "r2", "r1"], .remove([RuleID(1), RuleID(2)])), (["enable", "r3"], .enable([RuleID(3)])),
            (["disable", "r3"], .disable([RuleID(3)])), (["order", "r3"], .order([RuleID(3)])),
            (["check", "a", "b"], .check(["a", "b"])),
        ] as [([String], RulesOptions.Action)])
    func reads(words: [String], action: RulesOptions.Action) throws {
        let options = try parse(words)
        #expect(options.action == action)
        #expect((options.address == nil) == (words[0] == "check"))
    }

    @Test(
        "refuses the rest in one line, with 64",
        arguments: [
            [], ["lst"], ["list", "x"], ["save", "x"], ["add", "a", "b"], ["remove"], ["remove", "1"], ["enable", "r"],
            ["disable", "r1", "x"], ["order"], ["check"], ["list", "--jsn"], ["save", "--json"], ["list", "--json=1"],
            ["list", "--inspector"], ["list", "--inspector", "https://a:1"], ["list", "--token", "short"],
            ["check", "a", "--inspector", "http://a:1"],
        ])
    func refuses(words: [String]) throws {
        let error = try #require(throws: CommandError.self) { try parse(words) }
        #expect(error.status == 64)
        #expect(error.message.count > 15 && !error.message.contains("\n"))
    }

    @Test(
        "finds the inspector",
        arguments: [
            ([], [:], "127.0.0.1", 4001, nil),
            (["--inspector", "http://localhost:5/?token=\(token)"], [:], "localhost", 5, token),
            (["--inspector=[::1]:5", "--token=\(token)"], [:], "::1", 5, token),
            ([], ["SIPHON_INSPECTOR": "http://a:5/?token=\(token)"], "a", 5, token),
            ([], ["SIPHON_INSPECTOR": "http://a:5", "SIPHON_TOKEN": token], "a", 5, token),
            ([], ["SIPHON_INSPECTOR": "", "SIPHON_TOKEN": ""], "127.0.0.1", 4001, nil),
            ([], ["SIPHON_INSPECTOR": "http://a:5/?token=\(token)", "SIPHON_TOKEN": other], "a", 5, token),
            (["--token", token], ["SIPHON_INSPECTOR": "http://a:5/?token=\(other)"], "a", 5, token),
            (["--inspector", "b:6"], ["SIPHON_INSPECTOR": "http://a:5/?token=\(other)"], "b", 6, nil),
            (["--inspector", "b:6"], ["SIPHON_TOKEN": token], "b", 6, token),
        ] as [([String], [String: String], String, Int, String?)])
    func finds(words: [String], environment: [String: String], host: String, port: Int, token: String?) throws {
        let address = try #require(try parse(["list"] + words, environment).address)
        #expect(address == InspectorAddress(host: host, port: port, token: token))
    }

    @Test("refuses what is no address in the environment", arguments: ["SIPHON_INSPECTOR", "SIPHON_TOKEN"])
    func refusesEnvironment(name: String) throws {
        let error = try #require(throws: CommandError.self) { try parse(["list"], [name: "no good"]) }
        #expect(error.status == 64 && error.message.contains(name))
    }
}

@Suite("InspectorAddress")
struct InspectorAddressTests {
    private static let token = "0123456789abcdef"

    @Test(
        "reads the URL that is printed, and less of it",
        arguments: [
            ("http://127.0.0.1:4001/?token=\(token)", "127.0.0.1", 4001, token), ("HTTP://a:1/", "a", 1, nil),
            ("a:1", "a", 1, nil), ("http://[::1]:4001?token=\(token)", "::1", 4001, token),
        ] as [(String, String, Int, String?)])
    func reads(text: String, host: String, port: Int, token: String?) throws {
        let address = try #require(InspectorAddress(text))
        #expect(address == InspectorAddress(host: host, port: port, token: token))
        #expect(!address.url.contains(Self.token))
    }

    @Test(
        "refuses the rest",
        arguments: [
            "", "a", "http://a", "http://a:0", "http://a:70000", "https://a:1", "ws://a:1", "http://a:1/x",
            "http://a:1/?x=1",
            "http://a:1/?token=short", "http://a:1/?token=\(token)&x", "http://u@a:1", "http://a b:1", "http://:1",
            "http://a:1/#x", "http://a\r\nX: y:1",
        ])
    func refuses(text: String) {
        #expect(InspectorAddress(text) == nil)
    }
}
