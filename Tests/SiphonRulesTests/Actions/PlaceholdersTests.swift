import Testing

@testable import SiphonRules

@Suite("Placeholders")
struct PlaceholdersTests {
    @Test(
        "finds what JavaScript decoders take for an attachment",
        arguments: [
            (#"["a",{"_placeholder":true,"num":0}]"#, [0]),
            (#"[{"num":1,"_placeholder":true},{"a":[{ "_placeholder" : true , "num" : 0 }]}]"#, [1, 0]),
            (#"[{"\u005fplaceholder":true,"n\u0075m":2}]"#, [2]), (#"[{"_placeholder":true,"num":1.0}]"#, [1]),
            (#"[{"_placeholder":"true","num":0}]"#, []), (#"[{"_placeholder":1,"num":0}]"#, []),
            (#"[{"_placeholder":true}]"#, []), (#"[{"_placeholder":true,"num":"0"}]"#, []),
            (#"[{"_placeholder":true,"num":0,"_placeholder":false}]"#, []),
            (#"[{"_placeholder":[],"_placeholder":true,"num":{},"num":3}]"#, [3]),
            (#"[{"_placeholder":true,"num":0,"num":[5]}]"#, []),
            // Nothing inside of a placeholder counts.
            (
                #"[{"_placeholder":true,"num":0,"x":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":2}]"#,
                [0, 2]
            ),
            (#"["_placeholder",true,"num",0,{"x":"_placeholder"}]"#, []), (#"[["_placeholder",true],{"num":0}]"#, []),
            (#"[{"_placeholder":true,"num":1e400}]"#, []), ("[]", []), ("", []),
        ])
    func finds(text: String, numbers: [Int]) {
        #expect(Placeholders(in: text.utf8).found.map(\.number) == numbers)
    }

    @Test("tells a text that is one from a text that holds one")
    func tellsWhole() {
        #expect(Placeholders(in: #"{"_placeholder":true,"num":0}"#.utf8).isWhole)
        #expect(!Placeholders(in: #"{"a":{"_placeholder":true,"num":0}}"#.utf8).isWhole)
        #expect(!Placeholders(in: #"[{"_placeholder":true,"num":0}]"#.utf8).isWhole)
    }

    @Test("reads broken text and deep nesting without a trap")
    func survives() {
        let text = Array(#"[{"_placeholder":true,"num":0,"a\"":[1,"x"]}]"#.utf8)
        for start in text.indices { _ = Placeholders(in: text[start...]) }
        for end in text.indices { _ = Placeholders(in: text[..<end]) }
        _ = Placeholders(in: repeatElement(UInt8(ascii: "["), count: 100_000))
        _ = Placeholders(in: repeatElement(UInt8(ascii: "}"), count: 100_000))
    }
}
