import NIOCore
import NIOEmbedded
import NIOHTTP1
import SiphonCore
import Testing

@testable import SiphonProxy

@Suite("ClientHandler")
struct ClientHandlerTests {
    /// A client's channel, and what was asked of the router.
    private final class Server: RequestRouter {
        let limits = Limits()
        let channel = EmbeddedChannel()
        var receivers: [Receiver] = []

        init() throws {
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: .init(limits))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                HTTPResponseEncoder(), ByteToMessageHandler(decoder), ClientHandler(router: self),
            ])
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
            let receiver = Receiver(head, client)
            receivers.append(receiver)
            return receiver
        }

        func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        func sent() throws -> String {
            var text = ""
            while let bytes = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: bytes) }
            return text
        }

        func pass(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }
    }

    private final class Receiver: RequestReceiver {
        let head: HTTPRequestHead
        let client: ClientHandler
        var body = ""
        var isComplete = false
        var hasClientLeft = false

        init(_ head: HTTPRequestHead, _ client: ClientHandler) {
            self.head = head
            self.client = client
        }

        func receiveHead() {}
        func receiveBody(_ bytes: ByteBuffer) { body += String(buffer: bytes) }
        func receiveEnd(_ trailers: HTTPHeaders?) { isComplete = true }
        let mayReadBody = true
        let limitsBodyTime = true
        func clientWritabilityChanged() {}
        func clientLeft() { hasClientLeft = true }
    }

    @Test("answers pipelined requests one after the other, in order")
    func pipelining() throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi")
        #expect(server.receivers.map(\.head.uri) == ["/a"], "the second waits for the first's response")
        server.receivers[0].client.respond(.ok, text: "one")
        #expect(server.receivers.map(\.head.uri) == ["/a", "/b"])
        #expect(server.receivers[1].body == "hi" && server.receivers[1].isComplete)
        server.receivers[1].client.respond(.ok, text: "two")
        let sent = try server.sent()
        #expect(sent.contains("one") && sent.hasSuffix("two"))
        #expect(server.channel.isActive)
    }

    @Test("an answer before the end of the body says that the connection ends")
    func earlyAnswer() throws {
        let server = try Server()
        try server.send("POST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhi")
        server.receivers[0].client.respond(.payloadTooLarge, text: "")
        #expect(try server.sent().lowercased().contains("connection: close"))
        server.pass(.seconds(1))
        #expect(!server.channel.isActive)
    }

    @Test("tells of a client that leaves before its answer, once")
    func leaving() throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        try server.channel.close().wait()
        #expect(server.receivers[0].hasClientLeft)
    }

    @Test("closes a connection that brings no head, or no whole body, in time")
    func deadlines() throws {
        let headless = try Server()
        try headless.send("GET /a HTTP/1.1\r\nHost: h\r\n")
        headless.pass(.seconds(29))
        #expect(headless.channel.isActive)
        headless.pass(.seconds(1))
        #expect(!headless.channel.isActive)

        let bodyless = try Server()
        try bodyless.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1")
        bodyless.pass(.seconds(30))
        #expect(!bodyless.channel.isActive && bodyless.receivers[0].hasClientLeft)
    }

    @Test("an answer may take longer than any deadline of a request")
    func longPoll() throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        server.pass(.minutes(10))
        #expect(server.channel.isActive && !server.receivers[0].hasClientLeft)
    }

    @Test(
        "answers what is no HTTP with an error and ends",
        arguments: [
            ("garbage\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 257) + "\r\n", "431"),
            ("GET / HTTP/1.1\r\na: " + String(repeating: "x", count: 65_537) + "\r\n\r\n", "431"),
        ])
    func errors(request: String, status: String) throws {
        let server = try Server()
        try? server.send(request)
        #expect(try server.sent().hasPrefix("HTTP/1.1 \(status)"))
        #expect(server.receivers.isEmpty)
        server.pass(.seconds(1))
        #expect(!server.channel.isActive)
    }
}
