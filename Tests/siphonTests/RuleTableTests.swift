import LosslessJSON
import Testing

@testable import siphon

@Suite("RuleTable")
struct RuleTableTests {
    private static let now: Int64 = 1_795_341_600_000_000_000

    private func table(_ rules: String, columns: Int = 100, hasColors: Bool = false) throws -> [String] {
        let rules = try JSONValue(parsing: rules).elements ?? []
        return RuleTable(rules, now: Self.now, columns: columns, hasColors: hasColors).lines
    }

    private static let two = #"""
        [
          {"id":"r1","name":"no gossip","when":"event:gossip","then":"drop","enabled":true,"stop":true,
           "source":"file","hits":12,"lastHit":"2026-11-22T09:59:30.5Z","error":null},
          {"id":"r20","name":null,"when":"event:login from:client","then":[{"reply":[{"ok":false}]},"drop"],
           "enabled":false,"stop":false,"times":2,"for":"30s","source":"api","hits":0,"lastHit":null,
           "error":"disabled: too much\u001b[2J"}
        ]
        """#

    @Test("says what each rule is")
    func says() throws {
        #expect(
            try table(Self.two, columns: 120) == [
                "ID   ON   HITS  LAST HIT  NAME       WHEN                                         THEN",
                "r1   on   12    30 s ago  no gossip  event:gossip                                 drop; stop",
                "r20  off  0     -                    event:login from:client  times: 2  for: 30s  "
                    + "reply [{ ok: false }]; drop",
                "    disabled: too much\\u{1B}[2J",
            ])
    }

    @Test("is cut where the terminal ends", arguments: [120, 100, 80, 60, 50, 40, 20, 1])
    func isCut(columns: Int) throws {
        let lines = try table(Self.two, columns: columns)
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { TerminalText.width(of: $0) <= columns })
        #expect(columns < 60 || lines[2].contains("event:lo"))
    }

    @Test("leaves short columns whole and shares the rest")
    func shares() throws {
        let long = String(repeating: "x", count: 200)
        let lines = try table(#"[{"id":"r1","name":"a","when":"\#(long)","then":"\#(long)","hits":0}]"#, columns: 70)
        #expect(
            lines[1] == "r1  on  0     -         a     " + String(repeating: "x", count: 18) + "…  "
                + String(repeating: "x", count: 18) + "…")
    }

    @Test("counts wide characters twice")
    func isWide() throws {
        let lines = try table(
            #"""
            [{"id":"r1","name":"漢字","when":"a","then":"b","hits":0},
             {"id":"r2","name":"abcd","when":"a","then":"b","hits":0}]
            """#
        )
        #expect(lines[1].hasSuffix("漢字  a     b"))
        #expect(lines[2].hasSuffix("abcd  a     b"))
    }

    @Test("has colours only where there may be some")
    func colors() throws {
        #expect(try table(Self.two).allSatisfy { !$0.contains("\u{1B}") })
        let lines = try table(Self.two, hasColors: true)
        #expect(lines[0].hasPrefix("\u{1B}[1mID") && lines[0].hasSuffix("\u{1B}[0m"))
        #expect(!lines[1].contains("\u{1B}"))
        #expect(lines[2].hasPrefix("\u{1B}[2mr20"))
        #expect(lines[3].hasPrefix("\u{1B}[31m"))
        #expect(lines.allSatisfy { !$0.contains("\u{1B}[2J") })
    }

    @Test(
        "says how long ago",
        arguments: [
            ("2026-11-22T10:00:00Z", "0 s ago"), ("2026-11-22T10:00:05.1Z", "0 s ago"),
            ("2026-11-22T09:59:01.999Z", "59 s ago"), ("2026-11-22T09:59:00.000000000Z", "1 min ago"),
            ("2026-11-22T09:00:01Z", "59 min ago"), ("2026-11-22T09:00:00Z", "1 h ago"),
            ("2026-11-20T10:00:01Z", "47 h ago"), ("2026-11-20T10:00:00Z", "2 d ago"),
            ("2024-02-29T10:00:00Z", "997 d ago"),
            ("yesterday", "yesterday"), ("2026-11-22 10:00:00Z", "2026-11-22 10:00:00Z"),
        ])
    func age(time: String, expected: String) throws {
        #expect(try table(#"[{"id":"r1","when":"a","then":"b","hits":0,"lastHit":"\#(time)"}]"#)[1].contains(expected))
    }
}
