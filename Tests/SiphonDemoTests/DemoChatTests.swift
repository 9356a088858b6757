import EngineIOCore
import LosslessJSON
import NIOCore
import SocketIOCore
import Testing

@testable import SiphonDemo

@Suite("DemoChat")
struct DemoChatTests {
    @Test("lets in, says hello, and gives a name that is taken a number")
    func connects() {
        let desk = ChatDesk(inspector: "http://127.0.0.1:4001/?token=x")
        let rooms = #"[{"name":"lobby","members":0},{"name":"staging","members":0},{"name":"random","members":0}]"#
        #expect(
            desk.enter("ada") == [
                #"ada ← 0{"sid":"demo-1"}"#,
                #"ada ← 2["hello",{"name":"ada","inspector":"http://127.0.0.1:4001/?token=x","rooms":\#(rooms)}]"#,
            ])
        desk.open("bea")
        #expect(desk.receive(#"0{"name":" ada\n"}"#, from: "bea")[1].contains(#""name":"ada 2","#))
        desk.open("cem")
        #expect(desk.receive("0", from: "cem")[1].contains(#""name":"Guest","#))
    }

    @Test("brings members together, tells the others, and keeps what was said for those who come")
    func joinsAndSays() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        let joined = desk.enter("bea", room: "lobby")
        let counts = #"[{"name":"lobby","members":2},{"name":"staging","members":0},{"name":"random","members":0}]"#
        #expect(
            joined.suffix(2) == [
                #"ada ← 2["joined",{"room":"lobby","name":"bea","members":["ada","bea"]}]"#,
                #"ada bea ← 2["rooms",{"rooms":\#(counts)}]"#,
            ])
        #expect(
            desk.receive(#"25["say",{"room":"lobby","text":"<b>hi</b> \"you\""}]"#, from: "bea") == [
                #"bea ← 35[{"ok":true,"id":1,"at":7}]"#,
                #"ada ← 2["said",{"room":"lobby","id":1,"from":"bea","text":"<b>hi</b> \"you\"","at":7}]"#,
            ])
        desk.enter("cem")
        #expect(
            desk.receive(#"20["join",{"room":"lobby"}]"#, from: "cem")[0]
                == #"cem ← 30[{"ok":true,"room":"lobby","members":["ada","bea","cem"],"messages":"#
                + #"[{"id":1,"from":"bea","text":"<b>hi</b> \"you\"","at":7}]}]"#)
    }

    @Test("leaves the room before the next, and with the connection")
    func leaves() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        desk.enter("bea", room: "lobby")
        let moved = desk.receive(#"2["join",{"room":"den"}]"#, from: "bea")
        #expect(moved[0] == #"ada ← 2["left",{"room":"lobby","name":"bea","members":["ada"]}]"#)
        #expect(moved[1].hasSuffix(#"{"name":"den","members":1}]}]"#))
        let ended = desk.end("bea")
        #expect(ended.count == 1)
        #expect(ended[0].hasPrefix(#"ada ← 2["rooms""#))
        #expect(!ended[0].contains("den"))
        #expect(desk.receive("1", from: "ada") == [])
        #expect(desk.receive(#"2["say",{"room":"lobby","text":"?"}]"#, from: "ada") == ["close ada"])
    }

    @Test("passes on who writes, and never acknowledges it")
    func types() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        desk.enter("bea", room: "lobby")
        #expect(
            desk.receive(#"21["typing",{"room":"lobby","isTyping":true}]"#, from: "ada")
                == [#"bea ← 2["typing",{"room":"lobby","name":"ada","isTyping":true}]"#])
        #expect(desk.receive(#"21["typing",{"room":"lobby","isTyping":1}]"#, from: "ada") == [])
        #expect(desk.receive(#"21["typing",{"room":"random","isTyping":true}]"#, from: "ada") == [])
    }

    @Test("sends a picture on as the attachment it came as, whichever of them it is")
    func shows() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        desk.enter("bea", room: "lobby")
        let text = #"52-3["picture",{"room":"lobby","type":"image/png","picture":{"_placeholder":true,"num":1}}]"#
        #expect(
            desk.receive(text, attachments: [[9], [1, 2, 3]], from: "ada") == [
                #"ada ← 33[{"ok":true,"id":1,"at":7}]"#,
                #"bea ← 51-["picture",{"room":"lobby","id":1,"from":"ada","type":"image/png","#
                    + #""picture":{"_placeholder":true,"num":0},"at":7}] +3"#,
            ])
        #expect(desk.sent.last?.packet.attachments.map(\.bytes) == [ByteBuffer(bytes: [1, 2, 3])])
    }

    @Test("answers questions, but not every third one")
    func asks() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        desk.enter("bea", room: "lobby")
        let answered = (0..<6).map { _ in
            desk.receive(#"21["question",{"room":"lobby","text":"Why?"}]"#, from: "ada").map { $0.contains("answer") }
        }
        #expect(answered == [[true, false], [true, false], [false], [true, false], [true, false], [false]])
    }

    @Test("renames, and tells the room")
    func renames() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        desk.enter("bea", room: "lobby")
        #expect(
            desk.receive(#"21["rename",{"name":"bea"}]"#, from: "ada") == [
                #"ada ← 31[{"ok":true,"name":"bea 2"}]"#,
                #"bea ← 2["notice",{"text":"ada is now called bea 2."}]"#,
            ])
        #expect(
            desk.receive(#"22["rename",{"name":"bea 2"}]"#, from: "ada") == [#"ada ← 32[{"ok":true,"name":"bea 2"}]"#])
    }

    @Test("tells /admin the numbers, and only those who know the token")
    func statistics() {
        let desk = ChatDesk()
        desk.enter("ada", room: "lobby")
        for _ in 0..<3 { desk.receive(#"21["question",{"room":"lobby","text":"Why?"}]"#, from: "ada") }
        #expect(desk.receive(#"0/admin,{"token":"x"}"#, from: "ada") == [#"ada ← 4/admin,{"message":"Wrong token."}"#])
        #expect(desk.statistics() == [])
        let numbers = #"{"members":1,"rooms":3,"messages":3,"pictures":0,"questions":3,"unanswered":1}"#
        #expect(
            desk.receive(#"0/admin,{"token":"siphon-demo"}"#, from: "ada") == [
                #"ada ← 0/admin,{"sid":"demo-2"}"#, #"ada ← 2/admin,["statistics",\#(numbers)]"#,
            ])
        #expect(desk.statistics() == [#"ada ← 2/admin,["statistics",\#(numbers)]"#])
        desk.receive("1/admin,", from: "ada")
        #expect(desk.statistics() == [])
    }
}

@Suite("DemoChat's limits")
struct DemoChatLimitTests {
    private let desk = ChatDesk()

    @Test(
        "refuses what is wrong with an event in its ack",
        arguments: [
            (#"["join",{"room":"\#(String(repeating: "r", count: 25))"}]"#, "A room's name has at most 24 characters."),
            (#"["join",{"room":" \u200b\n"}]"#, "Which room?"),
            (#"["join"]"#, "Which room?"),
            (#"["join",["lobby"]]"#, "Which room?"),
            (#"["say",{"room":"random","text":"x"}]"#, "You are not in that room."),
            (#"["say",{"room":"lobby","text":7}]"#, "Say what?"),
            (#"["say",{"room":"lobby","text":" \n"}]"#, "Say what?"),
            (
                #"["say",{"room":"lobby","text":"\#(String(repeating: "e\u{301}", count: 501))"}]"#,
                "A message has at most 1000 characters."
            ),
            (
                #"["picture",{"room":"lobby","type":"image/svg+xml","picture":"x"}]"#,
                "A picture is one of image/png, image/jpeg, image/gif, image/webp."
            ),
            (
                #"["picture",{"room":"lobby","type":"image/png","picture":{"_placeholder":true,"num":0}}]"#,
                "There is no picture in it."
            ),
            (#"["rename",{"name":"\u202e"}]"#, "A name has to have something to read."),
            (#"["shutdown",{}]"#, "The chat knows no such event."),
            (#"[1,2]"#, "The chat knows no such event."),
        ])
    func refuses(event: String, error: String) {
        desk.enter("ada", room: "lobby")
        #expect(desk.receive("21" + event, from: "ada") == [#"ada ← 31[{"ok":false,"error":"\#(error)"}]"#])
        #expect(desk.receive("2" + event, from: "ada") == [])
    }

    @Test(
        "ends the connection where the protocol is broken",
        arguments: [
            "0", "2[]", "2[null]", "2{}", #"2["say""#, "2", #"2/admin,["x"]"#, #"2/other,["x"]"#, "4{}",
            "0/\(String(repeating: "n", count: 100)),",
        ])
    func closes(text: String) {
        desk.enter("ada", room: "lobby")
        #expect(desk.receive(text, from: "ada") == ["close ada"])
    }

    @Test("tolerates acks, strange placeholders and namespaces that there are not")
    func tolerates() {
        desk.enter("ada", room: "lobby")
        #expect(desk.receive("39[1]", from: "ada") == [])
        for number in ["-1", "1", "9e99", "\"0\"", "9223372036854775808"] {
            let text =
                #"51-1["picture",{"room":"lobby","type":"image/png","picture":{"_placeholder":true,"num":\#(number)}}]"#
            #expect(
                desk.receive(text, attachments: [[1]], from: "ada")
                    == [#"ada ← 31[{"ok":false,"error":"There is no picture in it."}]"#])
        }
        #expect(desk.receive("0/x,", from: "ada") == [#"ada ← 4/x,{"message":"Invalid namespace"}"#])
        #expect(desk.receive("1/x,", from: "ada") == [])
        #expect(desk.chat.receive(SocketPacket(kind: .connect, payload: []), from: DemoMemberID(99), at: 0) == [])
        #expect(desk.chat.disconnect(DemoMemberID(99)) == [])
    }

    @Test("takes a message at the limit and a picture at the limit, and neither one past it")
    func atLimits() {
        desk.enter("ada", room: "lobby")
        func say(_ count: Int) -> Bool {
            let text = String(repeating: "x", count: count)
            return desk.receive(#"21["say",{"room":"lobby","text":"\#(text)"}]"#, from: "ada")[0].contains("true")
        }
        #expect(say(DemoLimits.messageScalars))
        #expect(!say(DemoLimits.messageScalars + 1))
        func show(_ count: Int) -> Bool {
            let text = #"51-1["picture",{"room":"lobby","type":"image/gif","picture":{"_placeholder":true,"num":0}}]"#
            let bytes = [UInt8](repeating: 1, count: count)
            return desk.receive(text, attachments: [bytes], from: "ada")[0].contains("true")
        }
        #expect(!show(0))
        #expect(show(DemoLimits.pictureBytes))
        #expect(!show(DemoLimits.pictureBytes + 1))
    }

    @Test("cuts a name at its limit")
    func cutsNames() {
        desk.open("ada")
        let long = String(repeating: "n", count: 30)
        let cut = String(repeating: "n", count: DemoLimits.nameScalars)
        #expect(desk.receive(#"0{"name":"\#(long)"}"#, from: "ada")[1].contains(#""name":"\#(cut)","#))
    }

    @Test("makes rooms up to the limit; who leaves one empty may make another")
    func roomLimit() {
        for number in DemoChat.keptRooms.count..<DemoLimits.rooms { desk.enter("m\(number)", room: "r\(number)") }
        desk.enter("late")
        let refused = #"late ← 31[{"ok":false,"error":"There are \#(DemoLimits.rooms) rooms already."}]"#
        #expect(desk.receive(#"21["join",{"room":"more"}]"#, from: "late") == [refused])
        #expect(desk.receive(#"21["join",{"room":"lobby"}]"#, from: "late")[0].contains("true"))
        #expect(desk.receive(#"21["join",{"room":"more"}]"#, from: "m3")[0].contains("true"))
    }

    @Test("lets in members up to the limit, and connections up to theirs")
    func memberLimit() {
        for number in 0..<DemoLimits.members { desk.enter("m\(number)") }
        #expect(desk.enter("late") == [#"late ← 4{"message":"The chat is full."}"#])
        desk.end("m5")
        #expect(desk.receive("0", from: "late").count == 2)
        for number in DemoLimits.members..<DemoLimits.connections { #expect(desk.open("c\(number)") == []) }
        #expect(desk.open("one too many") == ["close one too many"])
    }

    @Test("remembers so many messages of a room, the newest")
    func historyLimit() throws {
        desk.enter("ada", room: "lobby")
        for number in 1...DemoLimits.historyMessages + 5 {
            desk.receive(#"2["say",{"room":"lobby","text":"\#(number)"}]"#, from: "ada")
        }
        desk.enter("bea")
        desk.receive(#"21["join",{"room":"lobby"}]"#, from: "bea")
        let ack = try #require(desk.sent.first { $0.to == ["bea"] && $0.packet.kind == .ack })
        let texts = try ack.packet.parsedPayload()[0]?["messages"]?.elements?.compactMap { $0["text"]?.string }
        #expect(texts == (6...DemoLimits.historyMessages + 5).map(String.init))
    }
}
