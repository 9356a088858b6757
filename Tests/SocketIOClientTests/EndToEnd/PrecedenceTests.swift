import Foundation
import SocketIOClient
import Testing

/// Which handler is called for which event: as python-socketio does it.
@Suite("Precedence of handlers", .inTurns, .timeLimit(.minutes(5)))
struct PrecedenceTests {
    /// What is registered, with the same client in both languages.
    struct Plan: Encodable, CustomTestStringConvertible, Sendable {
        let title: String
        var namespaces = ["/", "/chat", "/admin"]
        /// Event and namespace.
        var handlers: [[String]] = []
        /// By namespace, the events that a namespace object has methods for.
        var objects: [String: [String]] = [:]
        /// Namespace, event and argument.
        var events: [[String]] = [
            ["/", "a", "1"], ["/", "b", "2"], ["/chat", "a", "3"], ["/chat", "b", "4"], ["/admin", "a", "5"],
            ["/admin", "b", "6"],
        ]
        var url = ""

        var testDescription: String { title }

        static let all = [
            Plan(title: "none"),
            Plan(title: "events of their namespaces", handlers: [["a", "/"], ["b", "/chat"]]),
            Plan(title: "* of a namespace", handlers: [["*", "/"], ["a", "/"]]),
            Plan(title: "event of *", handlers: [["a", "*"], ["b", "/chat"]]),
            Plan(title: "* of *", handlers: [["*", "*"], ["a", "*"], ["a", "/chat"]]),
            Plan(
                title: "connect and disconnect never go to * of their namespace, but to their own of *",
                handlers: [["*", "/"], ["*", "*"], ["connect", "*"], ["disconnect", "*"]]),
            Plan(
                title: "connect of a namespace",
                handlers: [["connect", "/"], ["disconnect", "/"], ["connect", "*"], ["*", "*"]]),
            Plan(title: "objects", objects: ["/": ["a", "connect"], "/chat": ["b", "disconnect"]]),
            Plan(title: "objects behind handlers", handlers: [["a", "/"], ["b", "*"]], objects: ["/": ["a", "b"]]),
            Plan(
                title: "the object of *",
                objects: ["*": ["a", "connect", "disconnect"], "/chat": ["a"]]),
            Plan(
                title: "everything", handlers: [["a", "/"], ["*", "/chat"], ["b", "*"], ["connect", "/chat"]],
                objects: ["/": ["a", "b"], "/chat": ["a", "b", "connect"], "*": ["a", "b", "connect"]]),
        ]
    }

    @Test("as python-socketio calls them", arguments: Plan.all)
    func likePython(plan: Plan) async throws {
        var plan = plan
        plan.url = try await PythonServer.shared.url
        // `/admin` asks for a token, which python gets in its URL's place: both clients leave it out.
        plan.namespaces = ["/", "/chat"]
        plan.events.removeAll { $0[0] == "/admin" }
        let python = try ChildProcess(
            Repository.python(), [Repository.script("precedence_client.py")], mindsInput: true)
        try python.write(String(decoding: JSONEncoder().encode(plan), as: UTF8.self) + "\n")

        let ours = try await calls(of: plan)

        let theirs = try await eventually("the end of the python client") {
            python.lines.last == "end" ? Array(python.lines.dropLast()) : nil
        }
        // Namespaces are joined, and left, in any order.
        #expect(
            ours.map(\.description).sorted() == (try theirs.map { try SocketIOValue(json: $0).description }).sorted())
    }

    private func calls(of plan: Plan) async throws -> [SocketIOValue] {
        let client = Client()
        let calls = Seen<SocketIOValue>()
        for pair in plan.handlers {
            let name = "on \(pair[0]) of \(pair[1])"
            client.on(pair[0], namespace: pair[1]) { (arguments: Arguments) in
                calls.add(Self.call(name, pair[0], arguments.values))
            }
        }
        for (namespace, events) in plan.objects {
            client.registerNamespace(Listening(namespace, to: events, calls))
        }
        try await client.reach(plan.url, transports: [.websocket], namespaces: plan.namespaces)
        for event in plan.events {
            try await client.call("tell", .string(event[1]), .string(event[2]), namespace: event[0])
        }
        // Behind a handler's own call all events before it have been handled.
        for namespace in plan.namespaces { try await client.call("fence", namespace: namespace) }
        try await client.disconnect()
        return calls.all
    }

    /// Handlers of `disconnect` get a second argument here, which python does not have.
    fileprivate static func call(_ name: String, _ event: String, _ arguments: [SocketIOValue]) -> SocketIOValue {
        let given = event == "disconnect" ? Array(arguments.dropLast()) : arguments
        return .array([.string(name)] + given)
    }
}

private final class Listening: ClientNamespace, @unchecked Sendable {
    private let events: [String]
    private let calls: Seen<SocketIOValue>

    init(_ namespace: String, to events: [String], _ calls: Seen<SocketIOValue>) {
        self.events = events
        self.calls = calls
        super.init(namespace)
    }

    override func addHandlers() {
        for event in events {
            let name = "object \(event) of \(namespace)"
            on(event) { [calls] (arguments: Arguments) in
                calls.add(PrecedenceTests.call(name, event, arguments.values))
            }
        }
    }
}
