import Foundation
import Logging
import NIOConcurrencyHelpers
import SocketIOClient
import Testing

@Suite("Client's middleware and exception handlers", .inTurns, .timeLimit(.minutes(5)))
struct MiddlewareTests {
    @Test("middleware: in order, round the handlers, connect and disconnect too")
    func order() async throws {
        let client = Client()
        let seen = Seen<String>()
        for name in ["a", "b"] {
            client.middleware { context, next in
                seen.add("\(name) before \(context.name)")
                let ack = try await next(context)
                seen.add("\(name) after \(context.name)")
                return ack
            }
        }
        client.on("x") { seen.add("handler") }
        client.on("connect") { seen.add("connected") }
        try await client.reach(PythonServer.shared.url, transports: [.websocket])
        #expect(
            seen.all == ["a before connect", "b before connect", "connected", "b after connect", "a after connect"])
        #expect(try await client.call("call-me", "x") == [])
        #expect(seen.all.dropFirst(5) == ["a before x", "b before x", "handler", "b after x", "a after x"])
        try await client.disconnect()
        #expect(seen.all.suffix(4).first == "a before disconnect")
    }

    @Test("middleware: changes name, arguments and ack; stops an event; sees what it is about")
    func changes() async throws {
        let client = try await Client.reaching()
        let seen = Seen<String>()
        client.middleware { context, next in
            var context = context
            #expect(context.socketID == client.sid && context.namespace == "/")
            switch context.name {
            case "renamed":
                #expect(context.wantsAck)
                context.name = "x"
            case "more": (context.name, context.arguments) = ("x", context.arguments + [2])
            case "stopped": return nil
            case "answered": return Ack("by middleware")
            case "changed":
                context.name = "x"
                _ = try await next(context)
                return Ack("changed")
            default: break
            }
            return try await next(context)
        }
        client.on("x") { (arguments: Arguments) in
            seen.add("\(arguments.values)")
            return "handled"
        }
        client.on("stopped") { seen.add("stopped") }
        #expect(try await client.call("call-me", "renamed", 1) == ["handled"])
        #expect(try await client.call("call-me", "more", 1) == ["handled"])
        #expect(try await client.call("call-me", "answered") == ["by middleware"])
        #expect(try await client.call("call-me", "changed") == ["changed"])
        try await client.tell("stopped")
        #expect(seen.all == ["[1]", "[1, 2]", "[]"])
        client.removeAllHandlers()
        try await client.disconnect()
    }

    // MARK: Exception handlers

    private protocol Marked: Error {}
    private class Base: Error, @unchecked Sendable {}
    private class Middle: Base, @unchecked Sendable {}
    private final class Leaf: Middle, @unchecked Sendable {}
    private struct Plain: Error {}

    private enum Choice: String, Decodable {
        case one
    }
    private struct WithMark: Marked {}
    private enum Kind: Error, Hashable { case one, two }

    @Test("exception handlers: the very type, the nearest class above, a protocol, the default")
    func specific() async throws {
        let client = try await Client.reaching()
        client.on("throw") { (what: String) in
            switch what {
            case "base": throw Base()
            case "middle": throw Middle()
            case "leaf": throw Leaf()
            case "plain": throw Plain()
            case "marked": throw WithMark()
            case "one": throw Kind.one
            default: throw Kind.two
            }
        }
        client.exceptionHandler { _, _ in "default" }
        client.exceptionHandler(for: Kind.self) { error, context -> Ack? in
            #expect(context.name == "throw" && context.arguments.count == 1 && context.wantsAck)
            return error == .one ? Ack("one", 1) : nil
        }
        client.exceptionHandler(for: Middle.self) { _, _ in "middle" }
        client.exceptionHandler(for: Base.self) { _, _ in Ack("base") }
        client.exceptionHandler(for: (any Marked).self) { _, _ in "marked" }
        for (what, answer) in [
            ("base", ["base"]), ("middle", ["middle"]), ("leaf", ["middle"]), ("plain", ["default"]),
            ("marked", ["marked"]), ("one", ["one", 1]),
        ] as [(SocketIOValue, SocketIOValue)] {
            #expect(try await client.call("call-me", "throw", what) == answer)
        }
        // The last one for a type counts.
        client.exceptionHandler(for: Base.self) { _, _ in "other" }
        #expect(try await client.call("call-me", "throw", "base") == ["other"])
        #expect(client.connected)
        try await client.disconnect()
    }

    @Test("exception handlers take what middleware, observers, callbacks and background tasks throw")
    func sources() async throws {
        let client = Client()
        let seen = Seen<String>()
        client.middleware { context, next in
            if context.name == "m" { throw Plain() }
            return try await next(context)
        }
        client.onAny { if $0.name == "o" { throw Plain() } }
        client.exceptionHandler(for: Plain.self) { _, context in seen.add(context.name) }
        try await client.reach(PythonServer.shared.url, transports: [.websocket])
        try await client.tell("m")
        try await client.tell("o")
        try await client.emit("fence") { _ in throw Plain() }
        try await seen.wait(for: 3)
        await client.startBackgroundTask { throw Plain() }.value
        #expect(seen.all == ["m", "o", "fence", "background task"])
        try await client.disconnect()
    }

    @Test(
        "without one: the handler of error and the log; the connection goes on",
        arguments: [Transport.polling, .websocket])
    func noHandler(transport: Transport) async throws {
        let log = Seen<String>()
        var logger = Logger(label: "test") { _ in RecordingLog(seen: log) }
        logger.logLevel = .error
        let client = Client(logger: logger)
        let errors = Seen<[String]>()
        client.on("error") { (text: String, event: String) in errors.add([text, event]) }
        client.on("x") { throw Plain() }
        client.on("y") { (text: String) in text }
        try await client.reach(PythonServer.shared.url, transports: [transport])
        try await client.tell("x")
        #expect(errors.all == [["Plain()", "x"]])
        #expect(log.count == 1 && log.all[0].contains("Plain"))
        #expect(try await client.call("call-me", "y", "on") == ["on"])
        // No ack was sent for the one that failed.
        let call = try await clientError { try await client.call("call-me", "x", timeout: .milliseconds(300)) }
        #expect(call.code == .timeout)
        // An exception handler that throws itself is told of likewise.
        client.exceptionHandler(for: Plain.self) { _, _ in throw Kind.two }
        try await client.tell("x")
        #expect(errors.all.last == ["two", "x"])
        client.on("error") { throw Plain() }
        try await client.tell("x")
        #expect(try await client.call("call-me", "y", "still on") == ["still on"])
        try await client.disconnect()
    }

    @Test("logger: at debug neither arguments nor headers nor auth")
    func logsNoSecrets() async throws {
        let log = Seen<String>()
        var logger = Logger(label: "test") { _ in RecordingLog(seen: log) }
        logger.logLevel = .trace
        let client = Client(headers: ["Authorization": "SECRET-1"], logger: logger)
        client.on("x") { (text: String) in throw Plain() }
        client.on("y") { (number: Int) in }
        client.on("z") { (choice: Choice) in }
        client.on("w") { (numbers: [String: Int]) in }
        try await client.reach(
            PythonServer.shared.url + "?token=SECRET-2", transports: [.polling, .websocket], auth: "SECRET-3")
        for event in ["x", "y", "z"] { try await client.tell(event, "SECRET-4") }
        try await client.tell("w", ["SECRET-5": "SECRET-6"])
        try await client.disconnect()
        #expect(log.all.contains { $0.contains("args[0]: expected Int") }, "\(log.all)")
        #expect(!log.all.contains { $0.contains("SECRET") }, "\(log.all)")
    }
}

/// Keeps what is logged, as text.
private struct RecordingLog: LogHandler {
    let seen: Seen<String>
    var logLevel = Logger.Level.error
    var metadata: Logger.Metadata = [:]

    init(seen: Seen<String>) { self.seen = seen }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { seen.add("\(event.level) \(event.message) \(event.metadata ?? [:])") }
}
