import EngineIOCore
import Testing

@testable import EngineIOTransport

@Suite("EngineRequest")
struct EngineRequestTests {
    private func parse(_ target: String) -> EngineRequest? {
        EngineRequest(target: target, enginePath: "/socket.io/")
    }

    @Test(
        "leaves to others what is none of Engine.IO's",
        arguments: [
            "/", "/socket.iox/?EIO=4&transport=polling", "/other/?EIO=4&transport=polling",
            "/socket.io/socket.io.min.js", "/socket.io/?room=1", "*", "",
        ])
    func strangers(target: String) { #expect(parse(target) == nil) }

    @Test("reads its own parameters and keeps the app's as they came")
    func parameters() throws {
        let request = try #require(
            parse("/socket.io/?token=%C3%A4%20b&x=1&EIO=4&x=2&transport=polling&t=abc&b64=1&sid=S%2D1&y"))
        #expect(request.version == "4" && request.transport == "polling" && request.sid == "S-1")
        #expect(request.appQuery == "token=%C3%A4%20b&x=1&x=2&y")
        #expect(
            request.target(transport: .webSocket, sid: "a+b")
                == "/socket.io/?token=%C3%A4%20b&x=1&x=2&y&EIO=4&transport=websocket&sid=a%2Bb")
    }

    @Test("takes the path with more behind it and without its last slash")
    func paths() {
        #expect(parse("/socket.io/extra?EIO=4&transport=polling")?.path == "/socket.io/extra")
        #expect(parse("/socket.io?EIO=4&transport=polling")?.path == "/socket.io")
        #expect(parse("http://h:1/socket.io/?EIO=4&transport=polling") == nil, "no forward proxy")
    }

    @Test("the first of two parameters counts, and a broken escape stays as it is")
    func oddities() {
        #expect(parse("/socket.io/?EIO=4&EIO=3&transport=polling")?.version == "4")
        #expect(parse("/socket.io/?EIO=4&transport=polling&sid=%zz%4")?.sid == "%zz%4")
        #expect(parse("/socket.io/?EIO&transport=polling")?.version == "")
    }
}
