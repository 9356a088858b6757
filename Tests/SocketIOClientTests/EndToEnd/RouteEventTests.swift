import SocketIOClient
import Testing

/// Who gets what the server emits, on every way to a server.
@Suite("Client's handlers on every route", .inTurns, .timeLimit(.minutes(5)))
struct RouteEventTests {
    @Test("on replaces, once is for one event, off takes away, event is on by member", arguments: Route.all)
    func registering(route: Route) async throws {
        let client = try await route.connected(namespaces: ["/", "/chat"])
        let seen = Seen<String>()
        let first = client.on("x") { seen.add("first") }
        try await client.tell("x")
        let second = client.on("x") { seen.add("second") }
        client.on("x", namespace: "/chat") { seen.add("chat") }
        try await client.tell("x")
        client.off(first)
        try await client.tell("x")
        client.off(second)
        try await client.tell("x")
        try await client.tell("x", namespace: "/chat")
        client.on("x") { seen.add("third") }
        client.off("x", namespace: "/chat")
        try await client.tell("x", namespace: "/chat")
        client.off("x")
        try await client.tell("x")
        #expect(seen.all == ["first", "second", "second", "chat"])

        client.once("twice") { (number: Int) in number * 2 }
        client.off(client.once("never") { seen.add("never") })
        client.event.my_event { (text: String, bytes: SocketIOValue) in Ack(bytes, text) }
        #expect(try await client.call("call-me", "twice", 4) == [8])
        #expect(try await client.call("call-me", "twice", 4) == [])
        #expect(try await client.call("call-me", "never") == [])
        #expect(try await client.call("call-me", "my_event", "a", .binary([1])) == [.binary([1]), "a"])
        #expect(seen.count == 4)
        try await client.disconnect()
    }

    @Test("* takes what has no handler, of a namespace and of all; observers see everything", arguments: Route.all)
    func catchAll(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let (came, left) = (Seen<String>(), Seen<String>())
        client.on("x") { (number: Int) in "x \(number)" }
        client.on("*") { (name: String, rest: Arguments) in "* \(name) \(rest.values)" }
        client.on("x", namespace: "*") { (namespace: String, rest: Arguments) in "x of \(namespace) \(rest.values)" }
        client.on("*", namespace: "*") { (name: String, namespace: String, rest: Arguments) in
            "* \(name) of \(namespace) \(rest.values)"
        }
        let any = client.onAny { came.add("\($0.namespace) \($0.name) \($0.arguments) \($0.wantsAck)") }
        let outgoing = client.onAnyOutgoing { left.add("\($0.namespace) \($0.name) \($0.arguments)") }
        _ = try await route.connected(client, namespaces: ["/", "/chat"])
        for (namespace, name, answer) in [
            ("/", "x", "x 1"), ("/", "y", "* y [1]"), ("/chat", "x", "x of /chat [1]"),
            ("/chat", "y", "* y of /chat [1]"),
        ] as [(String, SocketIOValue, SocketIOValue)] {
            #expect(try await client.call("call-me", name, 1, namespace: namespace) == [answer])
        }
        client.off(any)
        client.off(outgoing)
        #expect(try await client.call("call-me", "y") == ["* y []"])
        #expect(came.all == ["/ x [1] true", "/ y [1] true", "/chat x [1] true", "/chat y [1] true"])
        #expect(
            left.all
                == ["/", "/chat"].flatMap { namespace in
                    ["x", "y"].map { #"\#(namespace) call-me ["\#($0)", 1]"# }
                })
        try await client.disconnect()
    }

    private struct Wrong: Error { let number: Int }

    @Test("middleware changes, answers and stops events; an error's handler gives the ack", arguments: Route.all)
    func middleware(route: Route) async throws {
        let client = Client(trustRoots: try await route.trustRoots)
        let seen = Seen<String>()
        client.middleware { context, next in
            let isOwn = context.socketID == client.sid || context.name == "disconnect"
            seen.add("\(context.name) \(isOwn ? context.namespace : "of another")")
            return try await next(context)
        }
        client.middleware { context, next in
            var context = context
            switch context.name {
            case "changed": (context.name, context.arguments) = ("x", context.arguments + [.binary([2])])
            case "answered": return Ack("by middleware", context.wantsAck)
            case "stopped": return nil
            default: break
            }
            return try await next(context)
        }
        client.on("x") { (arguments: Arguments) in Ack(arguments: arguments.values) }
        client.on("stopped") { seen.add("not stopped") }
        client.on("throw") { (number: Int) in throw Wrong(number: number) }
        client.exceptionHandler(for: Wrong.self) { error, context in Ack(context.name, error.number) }
        client.exceptionHandler { error, _ in ["code": (error as? SocketIOClientError)?.code.rawValue] }
        _ = try await route.connected(client)
        #expect(try await client.call("call-me", "changed", 1) == [1, .binary([2])])
        #expect(try await client.call("call-me", "answered") == ["by middleware", true])
        try await client.tell("stopped")
        #expect(try await client.call("call-me", "throw", 7) == ["throw", 7])
        #expect(try await client.call("call-me", "throw", "seven") == [["code": "decoding"]])
        #expect(client.connected)
        try await client.disconnect()
        let names = ["connect", "changed", "answered", "stopped", "fence of tell", "throw", "throw", "disconnect"]
        #expect(seen.all == names.map { $0 + " /" })
        client.removeAllHandlers()
    }

    @Test("events: those of a name, and all of a namespace, in order until it is left", arguments: Route.all)
    func sequences(route: Route) async throws {
        let client = try await route.connected(namespaces: ["/", "/chat"])
        @Sendable func read(_ events: EventSequence) async throws -> [String] {
            var seen: [String] = []
            for try await event in events { seen.append("\(event.namespace) \(event.name) \(event.arguments)") }
            return seen
        }
        let (ticks, chat) = (client.events("tick"), client.events(namespace: "/chat"))
        let never = client.events(namespace: "/never")
        async let ofName = bounded("the end of tick") { try await read(ticks) }
        async let ofNamespace = bounded("the end of /chat") { try await read(chat) }
        for namespace in ["/", "/chat"] {
            try await client.call("ticks", "tick", 40, namespace: namespace)
            try await client.call("call-me", "other", .binary([1]), namespace: namespace)
        }
        try await client.disconnect(namespace: "/chat")
        #expect(try await ofNamespace == (0..<40).map { "/chat tick [\($0)]" } + ["/chat other [<binary 1 bytes>]"])
        #expect(client.connected)
        try await client.disconnect()
        #expect(try await ofName == (0..<40).map { "/ tick [\($0)]" })
        // That of one that was never joined ends with the connection.
        #expect(try await bounded("the end of /never") { try await read(never) } == [])
    }
}
