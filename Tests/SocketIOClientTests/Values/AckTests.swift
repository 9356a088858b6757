import SocketIOClient
import Testing

@Suite("Ack")
struct AckTests {
    private struct Message: Codable { var text: String }

    @Test("holds any number of values of any type")
    func arguments() throws {
        #expect(try Ack().arguments.isEmpty)
        #expect(
            try Ack(1, "two", Message(text: "x"), [UInt8](), nil as Int?).arguments == [
                1, "two", ["text": "x"], .binary([]), nil,
            ])
        #expect(try Ack(arguments: [1]).arguments == [1])
    }

    @Test("is an Encodable list")
    func encodes() throws {
        #expect(try SocketIOValue(encoding: Ack(1, Message(text: "x"))) == [1, ["text": "x"]])
    }

    @Test("tells a value that cannot be encoded only when asked")
    func failure() {
        let ack = Ack(1, ["a": Double.nan])
        let expected = SocketIOClientError(code: .encoding, message: "args[1].a: JSON has no number nan")
        #expect(throws: expected) { try ack.arguments }
        #expect(throws: expected) { try SocketIOValue(encoding: ack) }
    }
}
