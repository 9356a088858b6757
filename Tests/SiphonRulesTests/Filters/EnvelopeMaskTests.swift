import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("EnvelopeMask")
struct EnvelopeMaskTests {
    private static let filters = [
        "event:chat", "event:chat*", "event:c*", "event:a", #"event:"""#, "event:*x", "event:größe", "ns:/admin",
        "ns:/a*", "ns:/", "event:say ns:/x", "event:a or ns:/x", "not event:chat", "kind:ack", "word", "",
        "event:chat args[0]:1", "event:/^c/", "event:a|b|chat",
    ]
    private static let packets = [
        #"2["chat",1]"#, #"2["chat2"]"#, #"2["c"]"#, #"2["a"]"#, #"2[""]"#, #"2["größe"]"#, #"2["\u0063hat"]"#,
        #"2["c\u0068at"]"#, #"2/admin,["b"]"#, #"2/x,["say"]"#, "31[]", "3/x,1[]", "0", "1", "2[]", "2[5]", "2",
        #"2["b"#, #"2["#, #"2[""#,
    ]

    @Test("says no to nothing that a filter may match", arguments: filters)
    func missesNothing(text: String) throws {
        let filter = try Filter(parsing: text)
        let mask = EnvelopeMask()
        mask.replace(with: FilterGate([filter]).mask)
        for text in Self.packets {
            guard let packet = try? SocketPacket(text: text) else { continue }
            guard filter.mayMatch(envelopeOf: packet, context: .from(.client)) else { continue }
            #expect(mask.mayWant(packet), "\(text)")
        }
    }

    @Test(
        "says no to what none of the filters is about",
        arguments: [
            (["event:chat", "event:message*"], #"2["say"]"#, false), (["event:chat"], #"2["chat"]"#, true),
            (["ns:/admin"], #"2["say"]"#, false), (["ns:/admin"], #"2/admin,["say"]"#, true),
            (["event:chat"], "31[]", false), (["event:chat", "kind:ack"], #"2["say"]"#, true),
            ([], #"2["say"]"#, false),
            (["latency:>1s"], #"2["say"]"#, false),
        ] as [([String], String, Bool)])
    func saysNo(filters: [String], text: String, expected: Bool) throws {
        let mask = EnvelopeMask()
        mask.replace(with: FilterGate(try filters.map { try Filter(parsing: $0) }).mask)
        #expect(mask.mayWant(try SocketPacket(text: text)) == expected)
    }
}
