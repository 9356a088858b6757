import SocketIOClient
import Testing

@testable import siphon

@Suite("Occurrence")
struct OccurrenceTests {
    /// 1970-01-02 03:04:05.006 UTC.
    private static let time: Int64 = ((27 * 60 + 4) * 60 + 5) * 1_000_000_000 + 6_000_000

    private func text(
        _ kind: Occurrence.Kind, in namespace: String? = "/", colors: Bool = false, offset: Int64 = 0
    ) -> String {
        let line = OccurrenceLine(hasColors: colors, offset: { _ in offset })
        return line.text(Occurrence(namespace: namespace, kind: kind, time: Self.time))
    }

    private func json(_ kind: Occurrence.Kind, in namespace: String? = "/") -> String {
        Occurrence(namespace: namespace, kind: kind, time: Self.time).json
    }

    @Test(
        "is one line for people",
        arguments: [
            (.connect(sid: "s", transport: .polling, isRecovered: false), "connected by polling, sid s"),
            (.connect(sid: "s", transport: nil, isRecovered: true), "connected, sid s; the session was recovered"),
            (
                .disconnect(.transportError, details: "gone", isReconnecting: true),
                "disconnected: transport error (gone) - reconnecting"
            ),
            (.disconnect(.serverDisconnect, details: "", isReconnecting: false), "disconnected: server disconnect"),
            (.connectError(["no"], isReconnecting: true), "no connection yet: no - trying again"),
            (.connectError([["message": "no"]], isReconnecting: false), #"refused: {"message":"no"}"#),
            (
                .event(name: "chat", arguments: [["a": 1], "b", .binary([1, 2])], wantsAck: false),
                #"<- chat {"a":1} "b" <binary 2 bytes>"#
            ),
            (.event(name: "my event", arguments: [], wantsAck: true), #"<- "my event" (acknowledged with [])"#),
            (.emitted(name: "e", arguments: [1], call: nil), "-> e 1"),
            (.emitted(name: "e", arguments: [], call: CallID(7)), "-> e (#7)"),
            (.ack(name: "e", arguments: [nil], call: CallID(7), milliseconds: 1.26), "<- ack of #7 e: null (1.3 ms)"),
            (.failure(name: "e", call: CallID(7), .init(code: .timeout, message: "late")), "!! #7 e late"),
        ] as [(Occurrence.Kind, String)])
    func line(kind: Occurrence.Kind, expected: String) {
        let text = text(kind)
        #expect(text == "03:04:05.006 / " + expected)
        #expect(!self.text(kind, colors: true).replacing(#/\u{1B}\[\d+m/#, with: "").contains("\u{1B}"))
        #expect(self.text(kind, colors: true).replacing(#/\u{1B}\[\d+m/#, with: "") == text)
    }

    @Test("shows the local time, also of the day before")
    func clock() {
        let kind = Occurrence.Kind.emitted(name: "e", arguments: [], call: nil)
        #expect(text(kind, in: nil, offset: 3600) == "04:04:05.006 -> e")
        #expect(text(kind, in: nil, offset: -4 * 3600) == "23:04:05.006 -> e")
    }

    @Test("lets nothing of a server's text through to the terminal")
    func hostile() {
        let bad = "\u{1B}[2J\u{9B}31m\u{202E}\r\n\u{7}"
        let error = SocketIOClientError(code: .timeout, message: bad)
        for kind: Occurrence.Kind in [
            .connect(sid: bad, transport: nil, isRecovered: false),
            .disconnect(.transportError, details: bad, isReconnecting: false),
            .connectError([.string(bad)], isReconnecting: false), .connectError([[bad: 1], 2], isReconnecting: true),
            .event(name: bad, arguments: [.string(bad), .object(.init([(bad, .string(bad))]))], wantsAck: true),
            .ack(name: bad, arguments: [.string(bad)], call: CallID(.string(bad)), milliseconds: .infinity),
            .failure(name: bad, call: CallID(.string(bad)), error),
        ] {
            for text in [text(kind, in: bad), json(kind, in: bad)] {
                #expect(!text.unicodeScalars.contains(where: TerminalText.isHidden), "\(text.debugDescription)")
            }
            #expect((try? SocketIOValue(json: json(kind, in: bad))) != nil)
        }
    }

    @Test("cuts what no terminal can show")
    func long() {
        let text = text(
            .event(name: "e", arguments: [.string(String(repeating: "x", count: 100_000))], wantsAck: false))
        #expect(text.count < OccurrenceLine.columnsLimit + 100 && text.hasSuffix("…"))
    }

    @Test(
        "is one object for programs",
        arguments: [
            (
                .connect(sid: "s", transport: .websocket, isRecovered: true), "connect",
                #""from":"upstream","namespace":"/","args":[{"sid":"s"}],"transport":"websocket","recovered":true"#
            ),
            (
                .disconnect(.transportError, details: "gone", isReconnecting: true), "disconnect",
                #""namespace":"/","args":[],"reason":"transport error","message":"gone","reconnecting":true"#
            ),
            (
                .disconnect(.serverDisconnect, details: "", isReconnecting: false), "disconnect",
                #""from":"upstream","namespace":"/","args":[],"reason":"server disconnect","reconnecting":false"#
            ),
            (
                .connectError(["no", 1], isReconnecting: false), "connect_error",
                #""namespace":"/","args":["no",1],"reconnecting":false"#
            ),
            (
                .event(name: "e", arguments: [.binary([1, 2, 3])], wantsAck: true), "event",
                #""from":"upstream","namespace":"/","name":"e","args":[{"$binary":"AQID"}],"wantsAck":true"#
            ),
            (
                .ack(name: "e", arguments: [1], call: CallID("x"), milliseconds: 1.5), "ack",
                #""from":"upstream","namespace":"/","name":"e","args":[1],"answers":"x","latencyMilliseconds":1.5"#
            ),
            (
                .failure(name: nil, call: CallID(3), .init(code: .decoding, message: "bad")), "error",
                #""namespace":"/","error":"decoding","message":"bad","answers":3"#
            ),
        ] as [(Occurrence.Kind, String, String)])
    func object(kind: Occurrence.Kind, name: String, rest: String) {
        #expect(json(kind) == #"{"kind":"\#(name)","time":"1970-01-02T03:04:05.006000000Z",\#(rest)}"#)
    }
}

@Suite("EmitRequest")
struct EmitRequestTests {
    @Test("reads a line of input")
    func reads() throws {
        #expect(try EmitRequest(json: #"{"emit":"a"}"#) == EmitRequest(name: "a"))
        let request = try EmitRequest(
            json: #"{"args":[1.0,{"$binary":"AQID"}],"emit":"a","namespace":"chat","ack":true,"id":null}"#)
        #expect(request.arguments.map(\.jsonText) == ["1.0", #"{"$binary":"AQID"}"#])
        #expect(request.namespace == "/chat" && request.wantsAck && request.id == CallID(.null))
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("x", "broken"), ("[]", "expected an object"), ("{}", "expected an object"), (#"{"emit":""}"#, "object"),
            (#"{"emit":1}"#, "expected an object"), (#"{"emit":"a","args":1}"#, "a list behind args"),
            (#"{"emit":"a","namespace":1}"#, "a string behind namespace"), (#"{"emit":"a","ack":1}"#, "true or false"),
            (#"{"emit":"a","nsp":"/"}"#, "not nsp"),
        ])
    func refuses(json: String, part: String) throws {
        let fault = try #require(throws: Statement.Fault.self) { try EmitRequest(json: json) }
        #expect(fault.message.contains(part), "\(fault.message)")
    }
}
