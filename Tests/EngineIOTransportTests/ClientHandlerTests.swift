import NIOCore
import NIOEmbedded
import NIOHTTP1
import SiphonCore
import Testing

@testable import EngineIOTransport

@Suite("ClientHandler")
struct ClientHandlerTests {
    /// A client's channel, and what was asked of the router.
    private final class Server: RequestRouter {
        let limits = Limits()
        let channel = EmbeddedChannel()
        var receivers: [Receiver] = []
        var answersAtOnce = false

        init() throws {
            let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: .init(limits))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandlers([
                HTTPResponseEncoder(configuration: .unframed), ByteToMessageHandler(decoder),
                ClientHandler(router: self),
            ])
            try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        func receiver(for head: HTTPRequestHead, client: ClientHandler) -> any RequestReceiver {
            let receiver = Receiver(head, client)
            receiver.answersAtOnce = answersAtOnce
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
        func receiveEnd(_ trailers: HTTPHeaders?) {
            isComplete = true
            if answersAtOnce { client.respond(.ok, text: "") }
        }
        var answersAtOnce = false
        var mayReadBody = true
        var goesOnWithoutInput = true
        let limitsBodyTime = true
        func clientClosedInput() -> Bool { goesOnWithoutInput }
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

    @Test("takes any number of pipelined requests that are answered at once, on a stack of constant depth")
    func manyAtOnce() throws {
        let server = try Server()
        server.answersAtOnce = true
        try server.send(String(repeating: "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", count: 30_000))
        #expect(server.receivers.count == 30_000)
        try server.channel.close().wait()
    }

    @Test(
        "sends no body and no last chunk after the response to a HEAD",
        arguments: [["Content-Length": "2"], ["Transfer-Encoding": "chunked"], [:]] as [HTTPHeaders])
    func head(fields: HTTPHeaders) throws {
        let server = try Server()
        try server.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n")
        let client = server.receivers[0].client
        client.sendHead(HTTPResponseHead(version: .http1_1, status: .ok, headers: fields))
        client.sendBody(ByteBuffer(string: "hi"))
        client.sendEnd()
        let sent = try server.sent()
        #expect(sent.hasPrefix("HTTP/1.1 200 OK\r\n") && sent.hasSuffix("\r\n\r\n"))
        #expect(fields.allSatisfy { sent.contains("\($0.name): \($0.value)") })
        #expect(sent.firstRange(of: "\r\n\r\n")?.upperBound == sent.endIndex, "the head alone")
        try server.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(server.receivers.count == 2, "the connection goes on")
    }

    @Test("frames a response of unknown length in chunks, for HTTP/1.0 by the end of the connection")
    func framing() throws {
        for (version, field) in [("1.1", "Transfer-Encoding: chunked"), ("1.0", "Connection: close")] {
            let server = try Server()
            try server.send("GET /a HTTP/\(version)\r\nHost: h\r\nConnection: keep-alive\r\n\r\n")
            let client = server.receivers[0].client
            client.sendHead(
                HTTPResponseHead(version: .http1_1, status: .ok, headers: ["Transfer-Encoding": "chunked"]))
            client.sendBody(ByteBuffer(string: "hi"))
            client.sendEnd()
            let sent = try server.sent()
            #expect(sent.contains(field))
            #expect(sent.hasSuffix(version == "1.1" ? "2\r\nhi\r\n0\r\n\r\n" : "\r\n\r\nhi"))
        }
    }

    @Test("sends nothing behind the head of a status without a body", arguments: [204, 304])
    func bodyless(status: Int) throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        let client = server.receivers[0].client
        client.sendHead(
            HTTPResponseHead(
                version: .http1_1, status: .init(statusCode: status), headers: ["Transfer-Encoding": "chunked"]))
        client.sendEnd()
        #expect(try server.sent().hasSuffix("\r\n\r\n") && server.channel.isActive)
        try server.send("GET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        server.receivers[1].client.respond(.ok, text: "b")
        #expect(try server.sent().hasPrefix("HTTP/1.1 200"))
    }

    @Test("sends no interim response by HTTP/1.0")
    func interim() throws {
        for (version, count) in [("1.1", 1), ("1.0", 0)] {
            let server = try Server()
            try server.send("GET /a HTTP/\(version)\r\nHost: h\r\n\r\n")
            server.receivers[0].client.sendHead(HTTPResponseHead(version: .http1_1, status: .init(statusCode: 103)))
            server.receivers[0].client.flush()
            #expect(try server.sent().isEmpty == (count == 0))
        }
    }

    @Test("keeps an HTTP/1.0 connection that asks for it")
    func http10() throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        server.receivers[0].client.respond(.ok, text: "hi")
        #expect(try server.sent().contains("Connection: keep-alive\r\n"))
        #expect(server.channel.isActive)
    }

    @Test("says 100 to a client that waits for it, and only to one")
    func continues() throws {
        for (field, expected) in [("Expect: 100-continue\r\n", "HTTP/1.1 100 Continue\r\n\r\n"), ("", "")] {
            let server = try Server()
            try server.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\(field)\r\n")
            server.receivers[0].client.sendContinue()
            server.receivers[0].client.sendContinue()
            #expect(try server.sent() == expected)
        }
    }

    @Test("answers what a client asked before it closed its half, then ends")
    func halfClosure() throws {
        let server = try Server()
        try server.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n")
        server.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        server.receivers[0].client.respond(.ok, text: "one")
        server.receivers[1].client.respond(.ok, text: "two")
        #expect(try server.sent().hasSuffix("two"))
        #expect(!server.channel.isActive)
    }

    @Test("ends a half-closed connection whose request is incomplete, or does not go on")
    func halfClosureEnds() throws {
        let incomplete = try Server()
        try incomplete.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1")
        incomplete.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!incomplete.channel.isActive && incomplete.receivers[0].hasClientLeft)

        let session = try Server()
        try session.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        session.receivers[0].goesOnWithoutInput = false
        session.channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(!session.channel.isActive && session.receivers[0].hasClientLeft)
    }

    @Test("the time for a body stands still while it is not read")
    func heldBody() throws {
        let server = try Server()
        try server.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n1")
        server.receivers[0].mayReadBody = false
        server.channel.read()
        server.pass(.seconds(100))
        #expect(server.channel.isActive)
        server.receivers[0].mayReadBody = true
        server.receivers[0].client.resumeReading()
        server.pass(.seconds(29))
        #expect(server.channel.isActive)
        server.pass(.seconds(1))
        #expect(!server.channel.isActive)
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
