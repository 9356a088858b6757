import EngineIOCore
import SiphonCore
import SocketIOCore
import Testing

@testable import SiphonRules

@Suite("Filter on an envelope")
struct EnvelopeMatchTests {
    @Test(
        "decides by the envelope where it can",
        arguments: [
            ("event:chat", #"2["chat"]"#, true), ("event:chat", #"2["chatter"]"#, false), ("event:chat", "2[]", false),
            ("event:ch*", #"2/a,1["chat",{}]"#, true), ("event:chat", #"2["\u0063hat"]"#, true),
            ("event:\"a\\\"b\"", #"2["a\"b"]"#, true), ("event:größe", #"2["größe"]"#, true),
            ("event:gr?ße", #"2["größe"]"#, true), ("event:chat", #"3["chat"]"#, false),
            ("event:chat", #"2[ "chat"]"#, true), ("event:chat", "21[1]", false),
            ("ns:/", #"2["a"]"#, true), ("ns:/a", #"2["a"]"#, false), ("ns:/a", #"2/a,["a"]"#, true),
            ("ns:/größe", #"2/größe,["a"]"#, true), ("ns:/a*", "0/admin,", true), ("kind:event", #"2["a"]"#, true),
            ("kind:ack", #"31[]"#, true), ("kind:ack", #"2["a"]"#, false), ("from:client", "0", true),
            ("from:upstream", "0", false), ("conn:c7", "0", true), ("conn:c8", "0", false),
            ("transport:websocket", "0", true),
            ("eio:3", "0", false), ("eio:4", "0", true), ("parser:msgpack", "0", false), ("parser:json", "0", true),
            ("is:pending", #"21["a"]"#, true), ("is:pending", #"2["a"]"#, false), ("is:pending", "31[]", false),
            ("is:dropped", "0", false), ("not event:chat", #"2["chat"]"#, false), ("", "0", true),
            // A word in the arguments: only they can tell.
            ("absent", #"2["a"]"#, true), ("not absent", #"2["a"]"#, true), ("event:b absent", #"2["a"]"#, false),
            ("event:a or absent", #"2["a"]"#, true), ("event:b or absent", #"2["a"]"#, true),
            ("not (event:a absent)", #"2["a"]"#, true), ("not (event:a or absent)", #"2["a"]"#, false),
        ])
    func decides(filter: String, text: String, expected: Bool) throws {
        let filter = try Filter(parsing: filter)
        let packet = try SocketPacket(text: text)
        #expect(filter.mayMatch(envelopeOf: packet, context: .from(.client)) == expected)
    }

    @Test("never refuses what matches")
    func neverRefuses() throws {
        let filters = [
            "event:a", "event:?", "event:*\u{FFFD}*", "ns:/", "ns:/?", "ns:*", "kind:event", "a", "not a", "a or ns:/",
            "not (a event:a)", "not (a or kind:ack)", "is:pending", "not is:pending", #"event:"\"""#, "from:client a",
        ]
        let texts = [
            #"2["a"]"#, #"2["\u0061"]"#, #"2["é"]"#, #"2["\"","a"]"#, #"21["b","a"]"#, "2[", "2", "31[]", "0/é,", "0/,",
            #"2/\,["a"]"#, "1", #"4{"message":"a"}"#, #"2["\"#, #"2["\ud800"]"#,
        ]
        for text in texts {
            let packet = try SocketPacket(text: text)
            for filter in try filters.map({ try Filter(parsing: $0) }) {
                let matches = filter.matches(PassingEvent(packet, context: .from(.client)))
                let mayMatch = filter.mayMatch(envelopeOf: packet, context: .from(.client))
                #expect(mayMatch || !matches, "\(filter.text) on \(text)")
            }
        }
    }
}
