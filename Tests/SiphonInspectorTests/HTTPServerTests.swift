import LosslessJSON
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import SiphonInspector

/// Answers by path, and keeps what a test wants to touch later.
final class TestService: HTTPService {
    let gate = Gate()
    let stream = ResponseStream(limit: 1 << 16)
    let streamClosed = Gate()
    let handled = NIOLockedValueBox(0)

    func refusal(of head: InspectorRequest) -> InspectorResponse? {
        head.path == "/refused" ? InspectorError(.forbidden, "no").response : nil
    }

    func response(to request: InspectorRequest) async -> InspectorResponse {
        handled.withLockedValue { $0 += 1 }
        switch request.path {
        case "/gate": await gate.wait()
        case "/stream":
            stream.onClose { [streamClosed] in streamClosed.open() }
            return InspectorResponse(status: 200, body: .stream(stream))
        case "/large": return InspectorResponse(status: 200, body: .bytes(Array(repeating: 120, count: 64 << 20)))
        default: break
        }
        return .json { writer in
            writer.beginArray()
            writer.string(request.method)
            writer.string(request.target)
            writer.number(request.body.count)
            writer.endArray()
        }
    }
}

/// Waits, cancelled or not, until it is opened: a handler that does not listen.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = NIOLockedValueBox(State())

    func open() {
        let waiting = state.withLockedValue { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// How many wait.
    var waitingCount: Int { state.withLockedValue { $0.waiting.count } }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLockedValue { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}

@Suite("HTTPServer", .timeLimit(.minutes(5)))
struct HTTPServerTests {
    private let service = TestService()

    private func withServer(
        _ limits: InspectorLimits = InspectorLimits(), grace: Duration = .milliseconds(50),
        _ body: (_ port: UInt16, _ server: HTTPServer) async throws -> Void
    ) async throws {
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        let server = try HTTPServer(
            listener: listener, limits: limits, service: service, log: Logger(label: "test"))
        let result: Result<Void, any Error>
        do { result = .success(try await body(listener.port, server)) } catch { result = .failure(error) }
        await server.stop(grace: grace)
        try result.get()
    }

    @Test("answers on one connection in order, pipelined or not")
    func keepsAlive() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            let requests = ["/1", "/2?a=%2F", "/3"].map { "GET \($0) HTTP/1.1\r\nHost: x\r\n\r\n" }
            for request in requests { try await client.send(request) }
            try await client.send(requests.joined())
            for target in ["/1", "/2?a=%2F", "/3", "/1", "/2?a=%2F", "/3"] {
                #expect(try await client.response().body == #"["GET","\#(target)",0]"#)
            }
        }
    }

    @Test("answers HEAD with the length and no body")
    func head() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.response(isHead: true).header("Content-Length") == "14")
            #expect(try await client.response().body == #"["GET","/",0]"#)
        }
    }

    @Test("puts the security headers on every answer", arguments: ["/", "/refused"])
    func headers(path: String) async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("GET \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            let response = try await client.response()
            for (name, value) in SecurityHeaders.all { #expect(response.header(name) == value) }
            #expect(!response.head.lowercased().contains("access-control"))
        }
    }

    @Test("takes a body at the limit and refuses one past it", arguments: [false, true])
    func bodyLimit(isChunked: Bool) async throws {
        var limits = InspectorLimits()
        limits.bodyBytes = 10_000
        try await withServer(limits) { port, _ in
            for (size, status) in [(10_000, 200), (10_001, 413)] {
                let client = try TestClient(port: port)
                let body = String(repeating: "x", count: size)
                let head = "POST / HTTP/1.1\r\nHost: x\r\n"
                try await client.send(
                    isChunked
                        ? head + "Transfer-Encoding: chunked\r\n\r\n\(String(size, radix: 16))\r\n\(body)\r\n0\r\n\r\n"
                        : head + "Content-Length: \(size)\r\n\r\n\(body)")
                let response = try await client.response()
                #expect(response.status == status)
                if status == 200 { #expect(response.body == #"["POST","/",10000]"#) }
            }
            #expect(service.handled.withLockedValue { $0 } == 1)
        }
    }

    @Test("answers 413 before a long body has come, and cuts a chunked one that goes on")
    func bodyLimitEarly() async throws {
        var limits = InspectorLimits()
        limits.bodyBytes = 1000
        try await withServer(limits) { port, _ in
            let announced = try TestClient(port: port)
            try await announced.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
            #expect(try await announced.response().status == 413)
            #expect(await announced.isClosedByServer())

            let endless = try TestClient(port: port)
            try await endless.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            try await endless.send("7d0\r\n" + String(repeating: "x", count: 2000) + "\r\n1\r\nx\r\n")
            #expect(await endless.isClosedByServer())
        }
    }

    @Test("does not run the handler for a refused request, and keeps the connection")
    func refuses() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await client.response().status == 403)
            #expect(service.handled.withLockedValue { $0 } == 0)
            try await client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await client.response().status == 200)
        }
    }

    @Test(
        "refuses what libmicrohttpd would take",
        arguments: [
            "GET /\0x HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/3.7\r\nHost: x\r\n\r\n", "GET /\r\n\r\n",
            "GET / x HTTP/1.1\r\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n",
        ])
    func refusesBroken(request: String) async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send(request)
            client.finishSending()
            let status = try? await client.response().status
            #expect(status == nil || status == 400 || status == 505)
            #expect(service.handled.withLockedValue { $0 } == 0)
        }
    }

    @Test("answers a client that has closed its sending half")
    func halfClosed() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
            client.finishSending()
            service.gate.open()
            #expect(try await client.response().status == 200)
        }
    }

    @Test("sends a stream as it is written, to its end")
    func streams() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.read(through: "\r\n\r\n")
            for piece in ["one", "two"] {
                #expect(service.stream.write(Array(piece.utf8)) == .written)
                _ = try await client.read(through: piece)
            }
            service.stream.finish()
            _ = try await client.read(through: "0\r\n\r\n")
            await service.streamClosed.wait()
            #expect(service.stream.write([1]) == .closed)
        }
    }

    @Test("notices at once when the viewer of a silent stream leaves")
    func hangUp() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.read(through: "\r\n\r\n")
            client.leave()
            await service.streamClosed.wait()
        }
    }

    @Test("ends a stream that is cut")
    func cut() async throws {
        try await withServer { port, _ in
            let client = try TestClient(port: port)
            try await client.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.read(through: "\r\n\r\n")
            service.stream.cut()
            #expect(await client.isClosedByServer())
        }
    }

    @Test("stops in bounded time with requests asleep, streams open, answers unread and bodies unfinished")
    func stops() async throws {
        let clock = ContinuousClock()
        var duration = Duration.zero
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        let server = try HTTPServer(
            listener: listener, limits: InspectorLimits(), service: service, log: Logger(label: "test"))
        let stream = try TestClient(port: listener.port)
        try await stream.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await stream.read(through: "\r\n\r\n")
        let asleep = try TestClient(port: listener.port)
        try await asleep.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        let unread = try TestClient(port: listener.port)
        try await unread.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await unread.read(through: "\r\n\r\n")
        let unfinished = try TestClient(port: listener.port)
        try await unfinished.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe")
        let idle = try TestClient(port: listener.port)
        while service.handled.withLockedValue({ $0 }) < 3 || server.exchangeCount < 4 { await Task.yield() }

        duration = await clock.measure { await server.stop(grace: .milliseconds(300)) }

        #expect(duration < .seconds(20))
        service.gate.open()
        #expect(try await asleep.response().status == 503)
        _ = try await stream.read(through: "0\r\n\r\n")
        #expect(await idle.isClosedByServer())
        #expect(await unfinished.isClosedByServer())
        await server.stop(grace: .zero)  // again, without effect
        #expect(throws: (any Error).self) { try TestClient(port: listener.port) }
    }

    @Test("does not wait for its grace when nothing is going on")
    func stopsAtOnce() async throws {
        let clock = ContinuousClock()
        let listener = try ListeningSocket(host: "127.0.0.1", port: 0)
        let server = try HTTPServer(
            listener: listener, limits: InspectorLimits(), service: service, log: Logger(label: "test"))
        let duration = await clock.measure { await server.stop(grace: .seconds(30)) }
        #expect(duration < .seconds(20))
    }

    @Test("closes a connection whose client takes too long over its head, though it is never silent")
    func slowHead() async throws {
        var limits = InspectorLimits()
        limits.request = .milliseconds(200)
        limits.requestWhenCrowded = .milliseconds(100)
        try await withServer(limits) { port, _ in
            let client = try TestClient(port: port)
            var isCut = false
            while !isCut {
                do { try await client.send("X") } catch { isCut = true }
                await Task.yield()
            }
            #expect(isCut)
            let idle = try TestClient(port: port)
            #expect(await idle.isClosedByServer())
        }
    }

    @Test("lets a slow handler take its time")
    func slowHandler() async throws {
        var limits = InspectorLimits()
        limits.request = .milliseconds(40)
        limits.requestWhenCrowded = .milliseconds(40)
        try await withServer(limits) { port, server in
            let client = try TestClient(port: port)
            try await client.send("GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
            let idle = try TestClient(port: port)
            #expect(await idle.isClosedByServer())  // by now the reaper has come round
            service.gate.open()
            #expect(try await client.response().status == 200)
        }
    }

    @Test("answers 431 or 414 to a head that is too long")
    func longHead() async throws {
        try await withServer { port, _ in
            let headers = try TestClient(port: port)
            try await headers.send("GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 40_000))\r\n\r\n")
            #expect(try await headers.response().status == 431)
            let target = try TestClient(port: port)
            try await target.send("GET /\(String(repeating: "x", count: 40_000)) HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await target.response().status == 414)
        }
    }
}
