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
            ("event:chat|b*", #"2["bar"]"#, true), ("event:chat|b*", #"2["car"]"#, false),
            ("event:*at from:client", #"2["chat"]"#, true), ("event:*at", #"2["cha"]"#, false),
            ("event:/^x/", #"2["chat"]"#, true), ("event:/^x/", "31[]", false),
            ("event:/^x/|chat", #"2["chat"]"#, true),
            ("not event:/^x/", #"2["x"]"#, true), ("name:chat", #"2["x"]"#, true), ("name:chat", "2[1]", false),
            ("name:chat", "31[]", false), ("args[0]:1", #"2["x"]"#, true), ("args[0]:1", "0", false),
            ("args[0]:1 event:b", #"2["a",1]"#, false), ("ack.args[0]:1", "31[1]", true),
            ("ack.args[0]:1", #"21["a"]"#, false), ("mark:a", "0", true), ("not mark:a", "0", true),
            ("latency:>1s", #"21["a"]"#, false), ("size:>1", "0", false), ("size:1", "0", true),
            ("time:>-1s", "0", true), ("time:<-1s", "0", false), ("time:<2000-01-01T00:00Z", "0", true),
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
        #expect(FilterGate([filter]).first(envelopeOf: packet, context: .from(.client)) == (expected ? 0 : nil))
    }

    @Test("never refuses what matches")
    func neverRefuses() throws {
        let filters = [
            "event:a", "event:?", "event:*\u{FFFD}*", "ns:/", "ns:/?", "ns:*", "kind:event", "a", "not a", "a or ns:/",
            "not (a event:a)", "not (a or kind:ack)", "is:pending", "not is:pending", #"event:"\"""#, "from:client a",
            "event:/a/", "not event:/a/", "name:a", "not name:a", "args[0]:a", "not args[0]:a",
            "args[*]:exists or ns:/",
            "size:<8", "not size:<8", "ack.args[0]:exists", "not ack.args[0]:exists", "mark:m", "not mark:m",
            "latency:>1s",
            "not latency:>1s", "time:<-1s", "not time:<-1s", "event:a|b ns:/", "event:a or event:b",
            "event:a (ns:/a or event:b)", "kind:ack or event:b*", "from:upstream or eio:4",
            "transport:polling or event:b",
        ]
        let texts = [
            #"2["a"]"#, #"2["\u0061"]"#, #"2["é"]"#, #"2["\"","a"]"#, #"21["b","a"]"#, "2[", "2", "31[]", "0/é,", "0/,",
            #"2/\,["a"]"#, "1", #"4{"message":"a"}"#, #"2["\"#, #"2["\ud800"]"#,
        ]
        for text in texts {
            let packet = try SocketPacket(text: text)
            for filter in try filters.map({ try Filter(parsing: $0) }) {
                let matches = filter.matches(PassingEvent(packet, context: .from(.client), marks: ["m"]))
                let mayMatch = filter.mayMatch(envelopeOf: packet, context: .from(.client))
                #expect(mayMatch || !matches, "\(filter.text) on \(text)")
                let index = FilterGate([filter]).first(envelopeOf: packet, context: .from(.client))
                #expect((index == 0) == mayMatch, "\(filter.text) on \(text)")
            }
        }
    }

    @Test("finds names of each length by their beginning and by the whole of them")
    func findsNames() throws {
        let alphabet = "abcdefghijklmnopqrst"
        for length in 0...alphabet.count {
            let name = String(alphabet.prefix(length))
            let packet = try SocketPacket(text: "2/\(name),[\"\(name)\"]")
            func finds(_ text: String) throws -> Bool {
                let gate = FilterGate([try Filter(parsing: text)])
                return gate.first(envelopeOf: packet, context: .from(.client)) != nil
            }
            for (key, value) in [("event", name), ("ns", "/" + name)] {
                #expect(try finds("\(key):\"\(value)\""))
                #expect(try finds("\(key):\(value)*"))
                #expect(try finds("\(key):\"\(value)x\"|\(value)*"))
                #expect(try !finds("\(key):\"\(value)x\""))
                #expect(try !finds("\(key):\(value)x*"))
                guard let last = value.last, length > 0 else { continue }
                #expect(try finds("\(key):\(value.dropLast())*"))
                #expect(try finds("\(key):\(value.dropLast())?"))
                #expect(try !finds("\(key):\"\(value.dropLast())\""))
                #expect(try !finds("\(key):\"\(value.dropLast())X\""))
                #expect(try !finds("\(key):\(value.dropLast())X*"))
                #expect(try key == "ns" || finds("\(key):*\(last)"))
            }
        }
    }

    @Test("asks several filters together, in order")
    func asksTogether() throws {
        let gate = FilterGate(
            try ["event:a", "ns:/x", "event:b* from:client", "args[0]:1", "kind:ack"].map { try Filter(parsing: $0) })
        func all(_ text: String, from side: Side = .client) throws -> [Int] {
            let packet = try SocketPacket(text: text)
            var found: [Int] = []
            while let next = gate.first(
                from: (found.last ?? -1) + 1, envelopeOf: packet, context: .from(side))
            {
                found.append(next)
            }
            return found
        }
        #expect(try all(#"2["a"]"#) == [0, 3])
        #expect(try all(#"2["bc"]"#) == [2, 3])
        #expect(try all(#"2["bc"]"#, from: .upstream) == [3])
        #expect(try all(#"2/x,["c"]"#) == [1, 3])
        #expect(try all("31") == [4])
        #expect(try all("1") == [])
        #expect(try FilterGate([]).first(envelopeOf: SocketPacket(text: "1"), context: .from(.client)) == nil)
    }
}
