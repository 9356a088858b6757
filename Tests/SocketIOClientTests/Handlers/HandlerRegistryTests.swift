import Testing

@testable import SocketIOClient

@Suite("HandlerRegistry")
struct HandlerRegistryTests {
    private func context(_ name: String, _ namespace: String = "/") -> EventContext {
        EventContext(namespace: namespace, name: name, arguments: [1], socketID: nil, wantsAck: false)
    }

    /// What the handler that is found was given, with its own name in front.
    private func found(_ registry: HandlerRegistry, _ name: String, _ namespace: String = "/") async throws -> String? {
        let context = context(name, namespace)
        guard let handler = registry.handler(for: context) else { return nil }
        return try await handler(context)?.arguments.map(\.description).joined(separator: " ")
    }

    private func registry(_ handlers: [(event: String, namespace: String)]) -> HandlerRegistry {
        let registry = HandlerRegistry()
        for (event, namespace) in handlers {
            _ = registry.add(event, namespace: namespace, isOnce: false) { arguments in
                Ack(arguments: [.string("\(namespace) \(event)")] + arguments)
            }
        }
        return registry
    }

    @Test("prefers the event, then any event of the namespace")
    func namespaceFirst() async throws {
        let registry = registry([("chat", "/"), ("*", "/"), ("other", "*"), ("*", "*")])
        #expect(try await found(registry, "chat") == #""/ chat" 1"#)
        #expect(try await found(registry, "other") == #""/ *" "other" 1"#)
    }

    @Test("asks those of any namespace only where the namespace has none at all")
    func anyNamespace() async throws {
        let registry = registry([("chat", "/"), ("chat", "*"), ("*", "*")])
        #expect(try await found(registry, "other") == nil)
        #expect(try await found(registry, "chat", "/b") == #""* chat" "/b" 1"#)
        #expect(try await found(registry, "other", "/b") == #""* *" "other" "/b" 1"#)
    }

    @Test(
        "hands what the client tells itself to no handler of any event",
        arguments: [
            "connect", "connect_error", "disconnect",
        ])
    func reserved(name: String) async throws {
        #expect(try await found(registry([("*", "/")]), name) == nil)
        #expect(try await found(registry([("*", "*")]), name) == nil)
    }

    @Test("asks an object of the namespace last, and one of any namespace at the very last")
    func objects() async throws {
        let registry = registry([("chat", "/")])
        registry.add(namespace: "/") { _ in Ack("object") }
        registry.add(namespace: "*") { _ in Ack("any object") }
        #expect(try await found(registry, "chat") == #""/ chat" 1"#)
        #expect(try await found(registry, "other") == #""object""#)
        #expect(try await found(registry, "other", "/b") == #""any object""#)
    }

    @Test("runs a handler for one event alone, and takes handlers off by name and by id")
    func comesAndGoes() async throws {
        let registry = HandlerRegistry()
        _ = registry.add("a", namespace: "/", isOnce: true) { _ in Ack("once") }
        #expect(try await found(registry, "a") == #""once""#)
        #expect(try await found(registry, "a") == nil)
        let id = registry.add("b", namespace: "/", isOnce: false) { _ in Ack() }
        _ = registry.add("b", namespace: "/", isOnce: false) { _ in Ack("second") }
        registry.remove(id)
        #expect(try await found(registry, "b") == #""second""#)
        registry.remove("b", namespace: "/")
        #expect(registry.namespaces == [])
    }

    @Test("has no handlers for a namespace any more once the one for a single event has run")
    func onceLeavesNothing() async throws {
        let registry = registry([("a", "*")])
        _ = registry.add("a", namespace: "/", isOnce: true) { _ in Ack("once") }
        #expect(try await found(registry, "a") == #""once""#)
        #expect(registry.namespaces == [])
        #expect(try await found(registry, "a") == #""* a" "/" 1"#)
    }

    @Test("gives an event of the server that is called error to handlers of any event, and the client's own to none")
    func errors() async throws {
        let registry = registry([("*", "/")])
        #expect(try await found(registry, "error") == #""/ *" "error" 1"#)
        var own = context("error")
        own.isLocal = true
        if registry.handler(for: own) != nil { Issue.record("the client's own error went to *") }
    }

    @Test("names the namespaces to join")
    func namespaces() {
        #expect(registry([("a", "/b"), ("a", "*"), ("c", "/a")]).namespaces == ["/a", "/b"])
    }

    // MARK: Exception handlers

    private class Base: Error, @unchecked Sendable {}
    private class Derived: Base, @unchecked Sendable {}
    private final class Leaf: Derived, @unchecked Sendable {}
    private protocol Marked: Error {}
    private struct Plain: Marked {}

    private func taker(_ error: any Error, of registry: HandlerRegistry) async throws -> String? {
        try await registry.exceptionHandler(for: error)?.run(error, context("x"))?.arguments.first?.string
    }

    @Test("finds the most specific exception handler, whatever the order they came in")
    func exceptionHandlers() async throws {
        let registry = HandlerRegistry()
        registry.add(ExceptionHandler((any Marked).self) { _, _ in Ack("marked") })
        registry.add(ExceptionHandler(Base.self) { _, _ in Ack("base") })
        registry.add(ExceptionHandler(Derived.self) { _, _ in Ack("derived") })
        #expect(try await taker(Base(), of: registry) == "base")
        #expect(try await taker(Leaf(), of: registry) == "derived")
        #expect(try await taker(Plain(), of: registry) == "marked")
        #expect(try await taker(CancellationError(), of: registry) == nil)
        registry.setDefault(ExceptionHandler(any: { _, _ in Ack("default") }))
        registry.add(ExceptionHandler(Plain.self) { _, _ in Ack("plain") })
        #expect(try await taker(CancellationError(), of: registry) == "default")
        #expect(try await taker(Plain(), of: registry) == "plain")
    }
}
