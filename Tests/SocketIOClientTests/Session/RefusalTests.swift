import SocketIOCore
import Testing

@testable import SocketIOClient

@Suite("Refusal")
struct RefusalTests {
    @Test(
        "gives handlers what the server said, and the client its data",
        arguments: [
            ("", [], nil),
            (#"{"message":"no"}"#, [["message": "no"]], ["message": "no"]),
            (#"["no",7]"#, ["no", 7], ["no", 7]),
            ("nonsense", ["the server refused, and what it said cannot be read"], nil),
        ] as [(String, [SocketIOValue], SocketIOValue?)])
    func arguments(payload: String, arguments: [SocketIOValue], data: SocketIOValue?) {
        let refusal = Refusal(SocketPacket(kind: .connectError, payload: payload.utf8))
        #expect(refusal.arguments == arguments)
        #expect(refusal.data == data)
    }
}
