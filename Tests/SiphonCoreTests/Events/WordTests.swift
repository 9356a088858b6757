import SiphonCore
import Testing

@Suite("Words of the product")
struct WordTests {
    @Test("every kind and verdict reads back from its word")
    func words() {
        for kind in EventKind.allCases { #expect(EventKind(word: kind.word) == kind) }
        for verdict in Verdict.allCases { #expect(Verdict(word: verdict.word) == verdict) }
        for side in Side.allCases { #expect(Side(word: side.word) == side) }
        #expect(EventKind(word: "connectError") == nil)
        #expect(EventKind.connectError.word == "connect_error")
    }

    @Test("verdicts keep their order, eight of them")
    func verdicts() {
        let all = Verdict.allCases
        var verdicts: Verdicts = []
        #expect(verdicts.array == [])
        for verdict in all.prefix(8) { verdicts.append(verdict) }
        #expect(verdicts.array == Array(all.prefix(8)))
        verdicts.append(.injected)
        #expect(verdicts.array == Array(all.prefix(8)), "a ninth is not kept")
        #expect(verdicts.contains(.held) && !verdicts.contains(.replied))
    }

    @Test(
        "ids read back from their text and from nothing else",
        arguments: ["", "c", "7", "c-1", "c1x", "e1", "c 1", "C1"])
    func ids(text: String) {
        #expect(ConnectionID(text) == nil)
        #expect(ConnectionID("c7")?.number == 7)
        #expect(EventID("e42")?.description == "e42")
        #expect(RuleID("r3")?.description == "r3")
        #expect(ConnectionID("c99999999999999999999") == nil, "more than 64 bits")
    }
}
