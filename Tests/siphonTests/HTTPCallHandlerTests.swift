import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import siphon

@Suite("HTTPCallHandler")
struct HTTPCallHandlerTests {
    private typealias Failure = HTTPCall.Failure

    /// What comes of what a server does to one request.
    private func outcome(
        limit: Int = 100, _ serve: (EmbeddedChannel) throws -> Void
    ) throws -> Result<HTTPCall.Answer, any Error>? {
        let handler = HTTPCallHandler(answerBytesLimit: limit)
        let channel = EmbeddedChannel(handler: handler)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let head = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/x", headers: ["a": "b"])
        let answer = handler.send(head, ByteBuffer(string: "body"), timeout: .seconds(30))
        let outcome = Outcome()
        answer.whenComplete { outcome.result = $0 }
        #expect(try channel.readOutbound(as: HTTPClientRequestPart.self) == .head(head))
        #expect(
            try channel.readOutbound(as: HTTPClientRequestPart.self) == .body(.byteBuffer(ByteBuffer(string: "body"))))
        #expect(try channel.readOutbound(as: HTTPClientRequestPart.self) == .end(nil))
        try serve(channel)
        channel.embeddedEventLoop.run()
        #expect(outcome.result == nil || !channel.isActive)
        _ = try? channel.finish()
        return outcome.result
    }

    private final class Outcome: @unchecked Sendable {
        // Set and read on the test's thread, which is the embedded loop's.
        var result: Result<HTTPCall.Answer, any Error>?
    }

    private func write(_ channel: EmbeddedChannel, _ status: HTTPResponseStatus, _ body: String...) throws {
        try channel.writeInbound(HTTPClientResponsePart.head(HTTPResponseHead(version: .http1_1, status: status)))
        for part in body { try channel.writeInbound(HTTPClientResponsePart.body(ByteBuffer(string: part))) }
    }

    private func end(_ channel: EmbeddedChannel) throws { try channel.writeInbound(HTTPClientResponsePart.end(nil)) }

    @Test("gathers the answer, and skips those that only inform")
    func gathers() throws {
        let result = try outcome {
            try write($0, .continue)
            try write($0, .notFound, "ab", "c")
            try end($0)
        }
        #expect(try result?.get() == HTTPCall.Answer(status: 404, body: Array("abc".utf8)))
    }

    @Test("takes an answer up to the limit", arguments: [(4, true), (3, false)])
    func limits(limit: Int, fits: Bool) throws {
        let result = try outcome(limit: limit) {
            try write($0, .ok, "ab", "cd")
            try end($0)
        }
        if fits {
            #expect(try result?.get().body.count == 4)
        } else {
            #expect(throws: Failure.tooLarge) { try result?.get() }
        }
    }

    @Test("says what went wrong")
    func fails() throws {
        let late = try outcome { channel in
            try write(channel, .ok, "ab")
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(29_999))
            #expect(channel.isActive)
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        }
        #expect(throws: Failure.timedOut) { try late?.get() }
        let broken = try outcome { channel in
            try write(channel, .ok, "ab")
            channel.pipeline.fireChannelInactive()
        }
        #expect(throws: Failure.brokeOff) { try broken?.get() }
        let foreign = try outcome { $0.pipeline.fireErrorCaught(HTTPParserError.invalidConstant) }
        #expect(throws: Failure.notHTTP) { try foreign?.get() }
        let short = try outcome { $0.pipeline.fireErrorCaught(HTTPParserError.invalidEOFState) }
        #expect(throws: Failure.brokeOff) { try short?.get() }
        let reset = try outcome { $0.pipeline.fireErrorCaught(ChannelError.inputClosed) }
        #expect(throws: Failure.brokeOff) { try reset?.get() }
    }
}
