import LosslessJSON
import Logging
import NIOConcurrencyHelpers
import SiphonCapture
import SiphonCore
import SiphonRules
import Testing

@testable import SiphonInspector

@Suite("InspectorServer", .timeLimit(.minutes(5)))
struct InspectorServerTests {
    private static let token = "t0ken-of-the-tests"
    private let capture = Capture()
    private let control = TestControl()

    private func start(
        limits: InspectorLimits = InspectorLimits(), host: String = "127.0.0.1", port: UInt16 = 0,
        token: String? = token, control: TestControl? = nil, log: Logger = Logger(label: "test")
    ) throws -> InspectorServer {
        try InspectorServer(
            configuration: InspectorConfiguration(host: host, port: port, token: token, limits: limits),
            capture: capture, rules: RuleStore(), control: control ?? self.control, version: "1", startedAt: 0, log: log
        )
    }

    private func withServer(
        _ limits: InspectorLimits = InspectorLimits(), _ body: (InspectorServer) async throws -> Void
    ) async throws {
        let server = try start(limits: limits)
        let result: Result<Void, any Error>
        do { result = .success(try await body(server)) } catch { result = .failure(error) }
        await server.stop(grace: .milliseconds(20))
        try result.get()
    }

    private func request(
        _ method: String, _ target: String, port: UInt16, bearer: String? = token, headers: [String] = [],
        body: String = ""
    ) -> String {
        var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)"] + headers
        if let bearer { lines.append("Authorization: Bearer \(bearer)") }
        if !body.isEmpty { lines.append("Content-Length: \(body.utf8.count)") }
        return lines.joined(separator: "\r\n") + "\r\n\r\n" + body
    }

    private func openStream(
        _ server: InspectorServer, query: String = "", headers: [String] = [], receiveBuffer: Int32 = 0
    ) async throws -> TestClient {
        let client = try TestClient(port: server.port, receiveBuffer: receiveBuffer)
        try await client.send(
            request("GET", "/api/v1/stream\(query)", port: server.port, headers: headers))
        _ = try await client.read(through: "retry: 2000\n\n")
        return client
    }

    // MARK: Access

    @Test("every route refuses every method without the token, and so does what is no route")
    func authentication() async throws {
        try await withServer { server in
            let paths = InspectorRoutes.table.routes.map { $0.pattern.replacing("*", with: "1") }
            #expect(paths.count >= 20)
            let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]
            let client = try TestClient(port: server.port)
            for path in Set(paths + ["/nothing", "/api/v1/", "/metrics", "/favicon.ico"]) {
                for method in methods {
                    try await client.send(request(method, path, port: server.port, bearer: nil))
                    let response = try await client.response(isHead: method == "HEAD")
                    #expect(response.status == 401, "\(method) \(path)")
                    #expect(!response.head.contains(Self.token) && !response.body.contains(Self.token))
                    #expect(response.header("Set-Cookie") == nil)
                    #expect(!response.head.lowercased().contains("access-control"))
                }
            }
            #expect(
                control.state.withLockedValue { $0.flushes == 0 && $0.injections.isEmpty && $0.disconnects.isEmpty })
        }
    }

    @Test("the printed URL leads to the page by way of a cookie")
    func login() async throws {
        try await withServer { server in
            #expect(server.url == "http://127.0.0.1:\(server.port)/?token=\(Self.token)")
            let client = try TestClient(port: server.port)
            let target = String(server.url.dropFirst("http://127.0.0.1:\(server.port)".count))
            try await client.send(request("GET", target, port: server.port, bearer: nil))
            let redirect = try await client.response()
            #expect(redirect.status == 303 && redirect.header("Location") == "/")
            let cookie = try #require(redirect.header("Set-Cookie")).prefix { $0 != ";" }
            try await client.send(request("GET", "/", port: server.port, bearer: nil, headers: ["Cookie: \(cookie)"]))
            let page = try await client.response()
            #expect(page.status == 200)
            #expect(page.header("Content-Type")?.hasPrefix("text/html") == true)
            #expect(page.header("Content-Security-Policy") == SecurityHeaders.contentSecurityPolicy)
            #expect(!page.body.contains(Self.token))
        }
    }

    @Test("a foreign page changes nothing, with the cookie or without")
    func crossSite() async throws {
        try await withServer { server in
            let cookie = "Cookie: siphon_\(server.port)=\(Self.token)"
            let body = #"{"to":"client","name":"n"}"#
            let client = try TestClient(port: server.port)
            for type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json"] {
                for origin in ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site", "X: y"] {
                    try await client.send(
                        request(
                            "POST", "/api/v1/connections/c1/events", port: server.port, bearer: nil,
                            headers: [cookie, origin, "Content-Type: \(type)"], body: body))
                    #expect(try await client.response().status == 403)
                }
            }
            #expect(control.state.withLockedValue { $0.injections.isEmpty })
        }
    }

    @Test(
        "takes JSON bodies alone, and only where one belongs",
        arguments: [
            ("POST", "connections/c1/events", "Content-Type: text/plain", 415),
            ("POST", "connections/c1/events", "X: y", 415),
            ("POST", "connections/c1/events", "Content-Type: application/jsonp", 415),
            ("POST", "connections/c1/events", "Content-Type: application/json", 200),
            ("POST", "connections/c1/events", "Content-Type: Application/JSON; charset=utf-8", 200),
            ("PUT", "rules/r1", "Content-Type: text/plain", 415),
            ("GET", "status", "Content-Type: application/json", 400),
            ("DELETE", "events", "Content-Type: application/json", 400),
        ])
    func contentType(method: String, path: String, header: String, status: Int) async throws {
        try await withServer { server in
            let client = try TestClient(port: server.port)
            let body = #"{"to":"client","name":"n"}"#
            try await client.send(
                request(method, "/api/v1/\(path)", port: server.port, headers: [header], body: body))
            #expect(try await client.response().status == status)
        }
    }

    @Test("answers heads of any size up to its bound, and says when one is past it")
    func headSizes() async throws {
        try await withServer { server in
            for size in stride(from: 1000, to: 34_000, by: 1000) {
                let client = try TestClient(port: server.port)
                let header = "X: " + String(repeating: "x", count: size)
                try await client.send(request("GET", "/api/v1/status", port: server.port, headers: [header]))
                #expect(try await client.response().status == (size < 32_500 ? 200 : 431))
            }
        }
    }

    @Test("lives through requests with broken bytes")
    func garbage() async throws {
        try await withServer { server in
            var generator = Sequence64(state: 42)
            let whole = Array(
                request(
                    "POST", "/api/v1/connections/c1/events?a=%41", port: server.port,
                    headers: [
                        "Content-Type: application/json", "Origin: http://127.0.0.1:\(server.port)",
                        "Cookie: siphon_1=a; b", "Sec-Fetch-Site: same-origin", "Referer: http://x/",
                        "Last-Event-ID: e1",
                    ], body: #"{"to":"client","name":"n","args":[{"$binary":"AA=="}]}"#
                ).utf8)
            for _ in 0..<400 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let place = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
                    case 1: bytes.remove(at: place)
                    default: bytes.insert([0, 13, 10, 32, 58, 255].randomElement(using: &generator) ?? 0, at: place)
                    }
                }
                let client = try TestClient(port: server.port)
                try? await client.send(bytes)
                client.leave()
            }
            let client = try TestClient(port: server.port)
            try await client.send(request("GET", "/api/v1/status", port: server.port))
            #expect(try await client.response().status == 200)
        }
    }

    @Test("never logs the token")
    func logs() async throws {
        let lines = NIOLockedValueBox<[String]>([])
        var log = Logger(label: "test") { _ in RecordingLog(lines: lines) }
        log.logLevel = .trace
        let server = try start(log: log)
        let last = ["Connection: close"]
        for text in [
            request("GET", "/?token=\(Self.token)", port: server.port, headers: last),
            "GET /?token=\(Self.token) HTTP/9.9\r\n\r\n", "nonsense \(Self.token)\r\n\r\n",
            request("GET", "/\0?token=\(Self.token)", port: server.port, headers: last),
            request("POST", "/", port: server.port, headers: last + ["Content-Length: x\(Self.token)"]),
        ] {
            let client = try TestClient(port: server.port)
            try await client.send(text)
            client.finishSending()
            #expect(await client.isClosedByServer())
        }
        await server.stop(grace: .zero)
        #expect(lines.withLockedValue { $0.allSatisfy { !$0.contains(Self.token) } })
    }

    // MARK: Listening

    @Test("says what is wrong with where it should listen")
    func failures() async throws {
        let server = try start()
        #expect(throws: InspectorServer.Failure.portInUse(server.port)) { try start(port: server.port) }
        #expect(throws: InspectorServer.Failure.notOurs("192.0.2.1")) { try start(host: "192.0.2.1") }
        #expect(throws: InspectorServer.Failure.notAnAddress("example.com")) { try start(host: "example.com") }
        #expect(throws: InspectorServer.Failure.notAnAddress("")) { try start(host: "") }
        #expect(throws: InspectorServer.Failure.badToken) { try start(token: "a b") }
        await server.stop()
        let again = try start(port: server.port)
        #expect(again.port == server.port)
        await again.stop()
    }

    @Test("makes a token of its own where none is set, and writes an IPv6 address in brackets")
    func urls() async throws {
        let server = try start(token: nil)
        #expect(server.token.utf8.count == 43)
        await server.stop()
        guard let six = try? start(host: "::1") else { return }  // a machine without IPv6
        #expect(six.url == "http://[::1]:\(six.port)/?token=\(Self.token)")
        await six.stop()
    }

    // MARK: The stream

    @Test("sends events as they are recorded, with their ids and a filter")
    func stream() async throws {
        try await withServer { server in
            capture.record([#"2["before"]"#])
            let client = try await openStream(server, query: "?filter=event:a")
            capture.record([#"2["b"]"#, "2[\"a\",\n1]", #"2["a",2]"#])
            let first = try await client.read(through: "\n\n")
            #expect(first.contains("id: e3\nevent: siphon-event\ndata: {"))
            #expect(!first.contains("before") && first.split(separator: "\n").count == 3)
            let second = try await client.read(through: "\n\n")
            #expect(second.contains("id: e4\n"))
        }
    }

    @Test("has the headers of a stream, and answers HEAD at once")
    func streamHead() async throws {
        try await withServer { server in
            let client = try TestClient(port: server.port)
            try await client.send(request("HEAD", "/api/v1/stream", port: server.port))
            let head = try await client.response(isHead: true)
            #expect(head.status == 200 && head.header("Content-Type") == "text/event-stream")
            try await client.send(request("GET", "/api/v1/stream", port: server.port))
            let stream = try await client.read(through: "\r\n\r\n")
            #expect(
                stream.contains("Content-Type: text/event-stream\r\n") && stream.contains("Cache-Control: no-store"))
        }
    }

    @Test("goes on where a viewer left off; an id of another run means from now on")
    func resume() async throws {
        try await withServer { server in
            capture.record([#"2["a"]"#, #"2["b"]"#, #"2["c"]"#])
            let resumed = try await openStream(server, headers: ["Last-Event-ID: e1"])
            #expect(try await resumed.read(through: "\n\n").contains("id: e2\n"))
            #expect(try await resumed.read(through: "\n\n").contains("id: e3\n"))
            let other = try await openStream(server, headers: ["Last-Event-ID: e1000"])
            capture.record([#"2["d"]"#])
            #expect(try await other.read(through: "\n\n").contains("id: e4\n"))
            let wrong = try TestClient(port: server.port)
            try await wrong.send(request("GET", "/api/v1/stream", port: server.port, headers: ["Last-Event-ID: x"]))
            #expect(try await wrong.response().status == 422)
        }
    }

    @Test("skips and counts what comes faster than a viewer is sent, and keeps the newest")
    func skips() async throws {
        var limits = InspectorLimits()
        limits.streamEventsPerSecond = 10
        try await withServer(limits) { server in
            let client = try await openStream(server)
            capture.record((0..<100).map { #"2["n",\#($0)]"# })
            var skipped = 0
            var ids: [String] = []
            while ids.last != "e100" {
                let text = try await client.read(through: "\n\n")
                if let count = text.firstMatch(of: /event: skipped\ndata: \{"count":(\d+)\}/) {
                    skipped += Int(count.1) ?? 0
                }
                if let id = text.firstMatch(of: /id: (e\d+)/) { ids.append(String(id.1)) }
            }
            #expect(skipped == 90)
            #expect(ids == (91...100).map { "e\($0)" })
        }
    }

    @Test("counts an event as skipped that is too large for a stream")
    func largeEvent() async throws {
        var limits = InspectorLimits()
        limits.streamEventBytes = 1000
        try await withServer(limits) { server in
            let client = try await openStream(server)
            capture.record([#"2["a","\#(String(repeating: "x", count: 1000))"]"#, #"2["b"]"#])
            #expect(try await client.read(through: "\n\n").contains("event: skipped\ndata: {\"count\":1}"))
            #expect(try await client.read(through: "\n\n").contains("id: e2\n"))
        }
    }

    @Test("cuts off a viewer that takes nothing, and keeps serving the others")
    func slowViewer() async throws {
        var limits = InspectorLimits()
        limits.streamBytes = 200_000
        limits.streamStall = .milliseconds(200)
        try await withServer(limits) { server in
            let slow = try await openStream(server, receiveBuffer: 4096)
            let other = try await openStream(server, query: "?filter=event:small")
            let large = #"2["large","\#(String(repeating: "x", count: 50_000))"]"#
            // More than the kernel holds for both ends, so that the stream's own buffer fills.
            capture.record(Array(repeating: large, count: 150))
            while server.http.exchangeCount > 1 { await Task.yield() }
            #expect(await slow.isClosedByServer())
            capture.record([#"2["small"]"#])
            #expect(try await other.read(through: "\n\n").contains("small"))
        }
    }

    @Test("says now and then that it lives")
    func comments() async throws {
        var limits = InspectorLimits()
        limits.streamComment = .milliseconds(10)
        try await withServer(limits) { server in
            let client = try await openStream(server)
            for _ in 0..<3 { _ = try await client.read(through: ": alive\n\n") }
        }
    }

    @Test("tells when a connection opens, changes and closes")
    func connections() async throws {
        var limits = InspectorLimits()
        limits.connectionsPoll = .milliseconds(10)
        control.state.withLockedValue { $0.connections = [.sample(1)] }
        try await withServer(limits) { server in
            let client = try await openStream(server)
            control.state.withLockedValue { $0.connections.append(.sample(2)) }
            #expect(try await client.read(through: "\n\n").contains("event: connection\ndata: {\"id\":\"c2\""))
            control.state.withLockedValue { $0.connections[0].eventsFromClient = 77 }
            _ = try await client.read(through: #""counts":{"fromClient":77,"#)
            control.state.withLockedValue { $0.connections[0].closedAt = 5 }
            _ = try await client.read(through: #""closedAt":"1970-01-01T00:00:00.000000005Z""#)
        }
    }

    @Test("opens so many streams and no more, and still answers everything else")
    func streamLimit() async throws {
        var limits = InspectorLimits()
        limits.streams = 2
        try await withServer(limits) { server in
            var streams = [try await openStream(server), try await openStream(server)]
            let client = try TestClient(port: server.port)
            try await client.send(request("GET", "/api/v1/stream", port: server.port))
            #expect(try await client.response().status == 429)
            try await client.send(request("GET", "/api/v1/status", port: server.port))
            #expect(try await client.response().status == 200)
            streams.removeLast().leave()
            var status = 429
            while status == 429 {
                try await client.send(request("HEAD", "/api/v1/status", port: server.port))
                _ = try await client.response(isHead: true)
                let next = try TestClient(port: server.port)
                try await next.send(request("GET", "/api/v1/stream", port: server.port))
                let head = try await next.read(through: "\r\n\r\n")
                status = head.contains(" 429 ") ? 429 : 200
            }
        }
    }

    // MARK: Stopping

    @Test("stops in bounded time with an injection that awaits its ack and viewers that do not read")
    func stops() async throws {
        let gate = Gate()
        let waiting = TestControl(gate: gate)
        let server = try start(control: waiting)
        let stream = try await openStream(server, query: "?filter=event:small")
        let unread = try await openStream(server, receiveBuffer: 4096)
        capture.record(Array(repeating: #"2["large","\#(String(repeating: "x", count: 50_000))"]"#, count: 60))
        capture.record([#"2["small"]"#])
        let asleep = try TestClient(port: server.port)
        try await asleep.send(
            request(
                "POST", "/api/v1/connections/c1/events", port: server.port,
                headers: ["Content-Type: application/json"], body: #"{"to":"client","name":"n","ack":true}"#))
        _ = try await stream.read(through: "siphon-event")
        let duration = await ContinuousClock().measure { await server.stop(grace: .milliseconds(100)) }
        #expect(duration < .seconds(20))
        #expect([503, 0].contains((try? await asleep.response().status) ?? 0))
        #expect(await stream.isClosedByServer())
        #expect(await unread.isClosedByServer())
        gate.open()
    }

    @Test("can be stopped at any moment, whatever is going on")
    func stopsAnytime() async throws {
        for round in 0..<20 {
            let gate = Gate()
            let server = try start(control: TestControl(gate: gate))
            let texts = [
                request("GET", "/api/v1/stream", port: server.port),
                request("GET", "/api/v1/status", port: server.port),
                request(
                    "POST", "/api/v1/connections/c1/events", port: server.port,
                    headers: ["Content-Type: application/json"], body: #"{"to":"client","name":"n"}"#),
                request("POST", "/api/v1/rules", port: server.port, headers: ["Content-Length: 9"]), "GET / HT",
            ]
            let clients = try (0..<15).map { _ in try TestClient(port: server.port) }
            let duration = try await withThrowingTaskGroup(of: Void.self) { group in
                for (index, client) in clients.enumerated() {
                    group.addTask {
                        try? await client.send(texts[index % texts.count])
                        if index % 4 == round % 4 { client.leave() }
                    }
                }
                for _ in 0..<round * 20 { await Task.yield() }
                capture.record([#"2["a"]"#])
                let duration = await ContinuousClock().measure { await server.stop(grace: .zero) }
                gate.open()
                try await group.waitForAll()
                return duration
            }
            #expect(duration < .seconds(20))
            #expect(server.http.exchangeCount == 0 && server.http.connectionCount == 0)
        }
    }

    @Test("answers a request that is done within the grace")
    func grace() async throws {
        let gate = Gate()
        let waiting = TestControl(gate: gate)
        let server = try start(control: waiting)
        let client = try TestClient(port: server.port)
        try await client.send(
            request(
                "POST", "/api/v1/connections/c1/events", port: server.port,
                headers: ["Content-Type: application/json"], body: #"{"to":"client","name":"n"}"#))
        while gate.waitingCount == 0 { await Task.yield() }
        async let stopped: Void = server.stop(grace: .seconds(20))
        gate.open()
        #expect(try await client.response().status == 200)
        await stopped
    }
}

/// The same numbers each time (SplitMix64).
private struct Sequence64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Keeps what is logged, message and metadata.
private struct RecordingLog: LogHandler {
    let lines: NIOLockedValueBox<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.withLockedValue { $0.append("\(event.message) \(String(describing: event.metadata))") }
    }
}
