import NIOCore
import NIOEmbedded
import Testing

@testable import EngineIOTransport

@Suite("RequestBytes")
struct RequestBytesTests {
    private let bytes = RequestBytes()
    private let channel: EmbeddedChannel

    init() throws { channel = EmbeddedChannel(handler: bytes) }

    private func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    @Test("keeps what comes from the request under way on")
    func keeps() throws {
        try receive("POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\nhiPOST /b HT")
        bytes.dropHead(isChunked: false)
        bytes.dropBody(2)
        try receive("TP/1.1\r\n\r\n")
        #expect(bytes.isKnown)
        #expect(String(buffer: bytes.take()) == "POST /b HTTP/1.1\r\n\r\n")
    }

    @Test("drops the blank lines before a request with its head")
    func blankLines() throws {
        try receive("\r\n\r\nGET /a HTTP/1.1\r\n\r\nGET /b")
        bytes.dropHead(isChunked: false)
        #expect(String(buffer: bytes.take()) == "GET /b")
    }

    @Test("keeps nothing once nothing can move")
    func stopped() throws {
        bytes.stop()
        try receive("anything")
        #expect(!bytes.isKnown && bytes.take().readableBytes == 0)
    }

    @Test("hands all on as it came")
    func handsOn() throws {
        try receive("GET /")
        #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "GET /"))
    }

    @Test("knows no more where a request begins behind a chunked one")
    func chunked() throws {
        try receive("POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        bytes.dropHead(isChunked: true)
        #expect(!bytes.isKnown)
        try receive("GET / HTTP/1.1\r\n\r\n")
        #expect(bytes.take().readableBytes == 0)
    }
}
